//! Sentences about people: accounts, departments, teams, links, lists from files, hand-overs.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    ("user.name", "名称为 1 到 {max} 个字，不能换行", "A name has 1 to {max} characters on one line"),
    ("user.unknown_position", "没有“{value}”这个职位", "There is no position “{value}”"),
    ("user.unknown_team", "没有“{value}”这个团队", "There is no team “{value}”"),
    ("user.not_active", "此人已停用，请先启用", "This account is frozen; activate it first"),
    ("department.title", "部门名称为 1 到 100 个字，不能换行", "A title has 1 to 100 characters on one line"),
    (
        "department.in_use",
        "部门里还有人或下级部门，请先移走",
        "People belong to the department, or others lie below it; move them first",
    ),
    ("team.not_found", "没有这个团队", "There is no such team"),
    ("team.key", "团队的标识不合规或已被使用", "The team's key is not allowed or taken"),
    ("position.not_found", "没有这个职位", "There is no such position"),
    ("position.key", "职位的标识不合规或已被使用", "The position's key is not allowed or taken"),
    ("directory_token.not_found", "没有这个目录令牌", "There is no such token of a directory"),
    (
        "link.not_found",
        "链接不对、已过期或已用过，请重新索取",
        "The link is wrong, over, or was used already; ask for another one",
    ),
    (
        "reset.unavailable",
        "本系统不发邮件，请联系管理员重设密码",
        "No mail goes out of this workspace; ask an administrator for a link",
    ),
    ("people.too_many_rows", "一次最多 {max} 行，请拆分文件", "At most {max} rows at a time; split the file"),
    (
        "people.no_header",
        "第一行没有认得的列名，可以用：{columns}",
        "The first row names no column that is known; there are: {columns}",
    ),
    (
        "people.several",
        "不止一个叫“{value}”，请填登录名或标识",
        "More than one is called “{value}”; give the login or the key",
    ),
    ("people.active", "“{value}”应为 是 或 否", "“{value}” must be yes or no"),
    ("people.language", "“{value}”应为 中文 或 英文", "“{value}” must be zh-CN or en"),
    (
        "handover.successor",
        "“{value}”不是可以接手的在职人员",
        "“{value}” is no active person who could take over",
    ),
    ("handover.too_many", "一类工作最多分给 {max} 人", "One kind of work goes to at most {max} people"),
    ("handover.running", "此人的工作正在交接", "The work of this person is being handed over already"),
    (
        "handover.own",
        "不能自己办理自己的离职交接",
        "Nobody hands over their own work and leaves; ask another administrator",
    ),
    ("mail.invite", "邀请您使用 {title}", "You are invited to {title}"),
    (
        "mail.invite_text",
        "{name}：\n\n您在 {title} 的登录名是 {login}。请在 {hours} 小时内打开下面的链接设置密码，链接只能用一次：\n\n{link}\n",
        "{name},\n\nyour login at {title} is {login}. Open this link within {hours} hours to choose a password; it works once:\n\n{link}\n",
    ),
    ("mail.reset", "重设 {title} 的密码", "Your password at {title}"),
    (
        "mail.reset_text",
        "{name}：\n\n有人请求重设登录名 {login} 的密码。请在 {hours} 小时内打开下面的链接设置新密码，链接只能用一次。如果不是您本人，请忽略这封邮件，密码不会改变。\n\n{link}\n",
        "{name},\n\nsomebody asked for another password for the login {login}. Open this link within {hours} hours to choose one; it works once. If it was not you, do nothing: your password stays as it is.\n\n{link}\n",
    ),
];
