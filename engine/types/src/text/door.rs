//! Sentences about signing in and what one proves with.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "password.common",
        "这个密码太容易被猜到，请换一个",
        "This password is soon guessed; choose another one",
    ),
    ("session.not_found", "没有这次登录", "There is no such session"),
    ("session.network", "不能从这个网络登录", "You may not sign in from this network"),
    ("session.wrong_code", "验证码不对，或已经用过", "The code is wrong, or was used before"),
    ("session.second_factor", "请先完成第二步验证", "Give the second factor first"),
    ("session.must_enrol", "请先设置第二步验证", "Set up a second factor first"),
    ("session.prove_again", "请再次验证身份", "Please prove once more who you are"),
    ("session.proof", "请给出密码、验证码或通行密钥中的一样", "Give one of a password, a code or a passkey"),
    (
        "network.unknown",
        "“{value}”不是网段，例如 10.0.0.0/8",
        "“{value}” is not a network such as 10.0.0.0/8",
    ),
    ("network.too_many", "最多 {max} 个网段", "There may be at most {max} networks"),
    (
        "network.own",
        "您现在的网络不在其中，保存后您自己也进不来",
        "You are in none of these networks, so you would lock yourself out",
    ),
    ("second_factor.there", "已经设置了验证器", "There is an authenticator app already"),
    ("second_factor.not_offered", "请先取得新的密钥", "Ask for a new secret first"),
    ("second_factor.demanded", "必须保留一种第二步验证", "One second factor must remain"),
    ("second_factor.none", "还没有设置第二步验证", "There is no second factor yet"),
    (
        "passkey.host",
        "通行密钥要求用域名（https）或 localhost 访问",
        "Passkeys need a domain name over TLS, or localhost",
    ),
    ("passkey.too_many", "通行密钥太多了，请先删除一个", "There are too many passkeys; remove one first"),
    ("passkey.step", "等得太久了，请重新开始", "That took too long; begin again"),
    ("passkey.refused", "通行密钥没有通过验证", "The passkey was not accepted"),
    ("passkey.title", "请起一个 1 到 {max} 个字的名字", "Give it a name of 1 to {max} characters"),
    ("passkey.known", "这个通行密钥已经添加过", "This passkey was added before"),
    ("passkey.not_found", "没有这个通行密钥", "There is no such passkey"),
    ("oidc.denied", "对方没有同意登录", "The other side did not agree"),
    (
        "oidc.step",
        "登录已过期，或是从别的浏览器开始的，请重新开始",
        "That sign-in is over, or was begun in another browser; begin again",
    ),
    ("oidc.refused", "对方的答复没有通过验证", "The answer of the other side does not hold"),
    (
        "oidc.unreachable",
        "暂时联系不上对方的登录服务",
        "The other side's sign-in cannot be reached at present",
    ),
    ("oidc.unlinked", "这个账号还没有关联到这里的人", "This account is not linked to anybody here"),
    ("oidc.linked", "这个账号已关联到别人", "This account is linked to somebody else"),
    (
        "oidc.last",
        "这是您唯一的登录方式，请先设置密码",
        "You could not sign in any more; set a password first",
    ),
    ("provider.not_found", "没有这种登录方式", "There is no such way to sign in"),
    ("identity.not_found", "没有这个关联的账号", "There is no such linked account"),
];
