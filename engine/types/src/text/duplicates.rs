//! Sentences about records that are the same, and about merging them.

/// Code, Chinese, English.
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    ("record.duplicate", "{title}：已经有这样的记录", "{title}: there is such a record already"),
    ("record.merged", "这条记录已经合并到另一条记录", "This record was merged into another one"),
    ("merge.not_found", "没有这次合并", "There is no such merge"),
    (
        "merge.from",
        "请写 1 到 {max} 条要并入的记录，不能是这条记录本身",
        "Name 1 to {max} other records to merge into this one",
    ),
    (
        "merge.choose",
        "“{field}”的值只能取自参与合并的记录",
        "The value of “{field}” is taken from one of the merged records",
    ),
    (
        "merge.too_many",
        "与它们相关的记录超过 {max} 条，不能一次合并",
        "More than {max} records are related to them; that is too many for one merge",
    ),
    (
        "merge.related",
        "有一条指向它们的记录不能改，所以不能合并",
        "A record that points at one of them would be refused, so they cannot be merged",
    ),
    (
        "merge.changed_since",
        "合并之后又有改动，不能撤销",
        "Something was changed after the merge, so it cannot be undone",
    ),
    ("merge.undone", "这次合并已经撤销", "This merge has been undone already"),
    ("duplicates.rule", "没有查重规则“{rule}”", "There is no rule “{rule}” for duplicates"),
];
