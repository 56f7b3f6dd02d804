//! What a key may look like: of definitions, fields, columns, options and nodes.

use kezhi_types::said;

use crate::problem::Problem;

/// `^[a-z][a-z0-9_]{0,62}$`
pub fn is_valid(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && key.len() <= 63
}

/// `^[a-z][a-z0-9-]{0,62}$`, of templates and plugins.
pub fn is_valid_template(key: &str) -> bool {
    is_valid(&key.replace('-', "_")) && !key.contains('_')
}

/// Says that a key is not one.
pub fn problem(key: &str, pointer: impl Into<String>) -> Problem {
    let shown: String = key.chars().take(70).collect();
    Problem::error("field.key", pointer, said!("`{shown}` 不能用作标识。", "`{shown}` cannot be a key."))
        .help(said!(
            "标识以 a–z 开头，只含 a–z、0–9 和 _，最多 63 个字；名称可以随意。",
            "A key begins with a–z and has at most 63 of a–z, 0–9 and _; titles are free."
        ))
}
