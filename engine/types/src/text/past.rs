//! Sentences about a record as it was, and about taking a change back.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "record.changed_since",
        "这些内容后来又改过，不能直接撤销这次修改",
        "These fields have changed since, so this change cannot be taken back",
    ),
    (
        "record.cannot_undo",
        "只有对内容的修改可以撤销",
        "Only a change of what people write can be taken back",
    ),
    ("batch.not_found", "没有这次批量操作", "There is no such batch"),
    ("batch.undone", "这次批量操作已经撤销过", "This batch has been taken back already"),
    ("change.not_found", "没有这次修改", "There is no such change"),
    (
        "query.moment",
        "“{value}”不是时刻，例如 2026-03-01T08:00:00Z",
        "“{value}” is not an instant such as 2026-03-01T08:00:00Z",
    ),
];
