//! Sentences about stored values when definitions change.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "evolution.no_rule",
        "“{value}”没有办法换算成“{field}”的新类型",
        "There is no way to turn “{value}” into the new kind of “{field}”",
    ),
    (
        "evolution.unreadable",
        "“{value}”读不成“{field}”的新类型",
        "“{value}” cannot be read as the new kind of “{field}”",
    ),
    (
        "evolution.not_whole",
        "“{value}”带小数，“{field}”只能是整数，不会替您取整",
        "“{value}” is no whole number, and “{field}” takes nothing else; nothing is rounded",
    ),
    (
        "evolution.several",
        "“{field}”以后只能有一个值，这条记录有几个：{value}",
        "“{field}” takes one value from now on, and this record has several: {value}",
    ),
    ("evolution.expression", "“{field}”算不出来：{error}", "“{field}” could not be computed: {error}"),
    (
        "evolution.no_original",
        "“{field}”原来的值已经改过或没有保留，恢复后为空",
        "What “{field}” held has been changed since or was not kept, so it comes back empty",
    ),
    (
        "draft.converting",
        "“{field}”有 {count} 个值（共 {total} 个）无法换算，发布后为空，原值保留 30 天",
        "{count} of {total} value(s) of “{field}” cannot be converted and become empty; they are kept for 30 days",
    ),
    (
        "draft.converting_some",
        "只看了前 100,000 条记录：“{field}”有 {count} 个值（共 {total} 个）无法换算，其余的可能还有；无法换算的发布后为空，原值保留 30 天",
        "Only the first 100,000 records were looked at: {count} of {total} value(s) of “{field}” cannot be converted, and there may be more; those become empty and are kept for 30 days",
    ),
    (
        "draft.unfit",
        "“{field}”收紧以后，有 {count} 条记录的值不合要求，保持原样，下次修改时须改正",
        "{count} record(s) hold a value that “{field}” no longer allows; they stay as they are until somebody changes them",
    ),
    (
        "draft.publishing",
        "正在发布另一个版本，请等它结束",
        "Another release is being published; wait until that has ended",
    ),
];
