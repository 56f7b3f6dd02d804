//! Sentences about shares, tokens and seeing as somebody else.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "share.with",
        "请写明共享给谁：人员、角色、部门、团队四者之一",
        "Say with whom: one of a person, a role, a department and a team",
    ),
    ("share.until", "结束时间“{value}”已经过去", "The end “{value}” has passed"),
    ("share.unknown_team", "没有“{value}”这个团队", "There is no team “{value}”"),
    ("share.not_found", "没有这项共享", "There is no such share"),
    ("access.action", "没有“{action}”这种操作", "“{action}” is nothing that can be done with a record"),
    ("token.name", "请给令牌起个名字，1 到 {value} 个字", "Give the token a name of 1 to {value} characters"),
    (
        "token.role",
        "令牌不能带上您没有的角色“{value}”",
        "A token cannot carry the role “{value}” that you do not hold",
    ),
    (
        "token.entity",
        "令牌不能限定到“{value}”：没有这个实体，或令牌带的是管理员角色",
        "A token cannot be held to “{value}”: there is no such entity, or the token carries the administrator's role",
    ),
    (
        "token.network",
        "“{value}”不是网络地址，应如 192.0.2.7 或 10.0.0.0/8",
        "“{value}” is no address or network such as 192.0.2.7 or 10.0.0.0/8",
    ),
    ("token.expires", "结束时间“{value}”已经过去", "The end “{value}” has passed"),
    (
        "token.too_many",
        "最多同时有 {value} 个令牌，请先收回不用的",
        "At most {value} tokens at a time; take back those that are not used",
    ),
    ("token.not_found", "没有这个令牌", "There is no such token"),
    (
        "token.not_here",
        "这里只能本人登录后操作，不能用令牌",
        "This is for people who signed in, not for tokens",
    ),
    ("token.read_only", "这个令牌只能读取", "This token only reads"),
    ("see_as.reason", "请写明原因，1 到 {max} 个字", "Say why, in 1 to {max} characters"),
    (
        "see_as.read_only",
        "以他人身份查看时只能看，不能改，也不能导出",
        "Seeing as somebody else, you only look: nothing is changed or exported",
    ),
    (
        "see_as.not_here",
        "以他人身份查看时看不到对方的登录与令牌，也看不到审计",
        "Seeing as somebody else shows neither their sessions and tokens nor the audit",
    ),
    ("see_as.over", "以他人身份查看已经结束", "Seeing as somebody else is over"),
    ("viewing.not_found", "没有这次查看", "There is no such viewing"),
];
