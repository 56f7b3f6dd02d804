//! Sentences about the audit.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    ("entry.not_found", "没有这条审计记录", "There is no such entry of the audit"),
    (
        "audit.key",
        "审计检查点的签名密钥读不出来，请管理员查看服务器日志；审计记录没有丢失",
        "The key that signs the audit's checkpoints cannot be read; see the server's log. No entry is lost",
    ),
    (
        "audit.folder",
        "审计检查点没有写进备份文件夹：{detail}",
        "A checkpoint of the audit could not be written to its folder: {detail}",
    ),
    (
        "user.separate_duties",
        "职责已分离，一个人不能同时有这些：{duties}",
        "Duties are separate; nobody may have these together: {duties}",
    ),
];
