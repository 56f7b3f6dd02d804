//! Sentences about what is kept encrypted.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "secret.key",
        "加密内容的密钥不在这台服务器上，请管理员放回密钥后再试；内容没有丢失",
        "The key of encrypted values is not on this server; nothing is lost, but an administrator must put the key back",
    ),
    (
        "secret.damaged",
        "这项加密内容解不开，它在数据库里被改动过",
        "This encrypted value cannot be opened; it was altered in the database",
    ),
    ("reveal.reason", "请写明查看的原因，1 到 {max} 个字", "Say why, in 1 to {max} characters"),
];
