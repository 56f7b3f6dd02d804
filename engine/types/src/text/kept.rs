//! Sentences about what is kept encrypted, and about files.

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
    ("record.file_type", "“{field}”不收“{value}”这种文件", "“{field}” takes no file such as “{value}”"),
    ("record.file_too_large", "“{field}”的文件每个最大 {max}", "A file of “{field}” may have at most {max}"),
    (
        "file.missing",
        "请把文件放在 multipart 的 file 部分提交，并写明文件名",
        "Send the file as the multipart part `file`, with its name",
    ),
    ("file.broken", "文件没有传完，请再试一次", "The file did not arrive whole; send it again"),
    ("file.empty", "文件是空的", "The file is empty"),
    ("file.too_large", "文件最大 {max}", "A file may have at most {max}"),
    (
        "file.type_mismatch",
        "“{name}”的内容是 {found}，和文件名的后缀不符",
        "“{name}” is not what its ending says: it holds {found}",
    ),
    ("file.too_many_pixels", "图片最多 {max} 百万像素", "A picture may have at most {max} million pixels"),
    (
        "file.too_many",
        "您今天上传而没有用到的文件太多，请先保存已上传的，或明天再试",
        "Too many of the files that you sent today are in no record; save those first, or try tomorrow",
    ),
    ("file.no_thumbnail", "这个文件没有缩略图", "There is no small picture of this file"),
    (
        "file.unavailable",
        "文件暂时读写不了，请稍后再试",
        "Files cannot be reached at present; try again in a moment",
    ),
    ("reveal.reason", "请写明查看的原因，1 到 {max} 个字", "Say why, in 1 to {max} characters"),
];
