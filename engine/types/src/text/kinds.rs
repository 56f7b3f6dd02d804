//! Sentences and words about values of single kinds.

/// `(code, 中文, English)`.
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    ("record.too_large_bytes", "“{field}”最多 {max} KB", "“{field}” may have at most {max} kB"),
    (
        "import.unknown_department",
        "“{field}”：没有叫“{value}”的部门",
        "“{field}”: no department is called “{value}”",
    ),
    (
        "import.several_departments",
        "“{field}”：有不止一个部门叫“{value}”，请填部门代码",
        "“{field}”: more than one department is called “{value}”; give its key",
    ),
    (
        "record.too_much_markup",
        "“{field}”的格式标记最多 {max} 个",
        "“{field}” may have at most {max} elements of markup",
    ),
    ("record.too_deep", "“{field}”最多 {max} 层", "“{field}” may be at most {max} levels deep"),
    ("record.unknown_code", "“{field}”里没有代码“{value}”", "“{field}” has no code “{value}”"),
    (
        "record.not_below",
        "“{field}”：“{value}”不在上一级下面",
        "“{field}”: “{value}” does not stand right below the code before it",
    ),
    (
        "record.company_code_length",
        "“{field}”：统一社会信用代码应为 18 位",
        "“{field}”: a unified social credit code has 18 characters",
    ),
    (
        "record.company_code_letters",
        "“{field}”：统一社会信用代码只含数字和大写字母，不含 I、O、S、V、Z",
        "“{field}”: a unified social credit code has digits and letters other than I, O, S, V and Z",
    ),
    (
        "record.company_code_region",
        "“{field}”：第 3 到 8 位不是行政区划代码",
        "“{field}”: characters 3 to 8 are no code of a division",
    ),
    (
        "record.company_code_check",
        "“{field}”：校验码不对，请核对每一位",
        "“{field}”: the check character does not fit; compare every character",
    ),
    (
        "record.id_card_length",
        "“{field}”：身份证号码应为 18 位",
        "“{field}”: an identity card number has 18 characters",
    ),
    (
        "record.id_card_letters",
        "“{field}”：身份证号码前 17 位是数字，最后一位是数字或 X",
        "“{field}”: an identity card number is 17 digits and a digit or X",
    ),
    (
        "record.id_card_region",
        "“{field}”：前 6 位不是行政区划代码",
        "“{field}”: the first six digits are no code of a division",
    ),
    (
        "record.id_card_birth",
        "“{field}”：第 7 到 14 位不是出生日期",
        "“{field}”: digits 7 to 14 are no day of birth",
    ),
    (
        "record.id_card_check",
        "“{field}”：校验码不对，请核对每一位",
        "“{field}”: the check digit does not fit; compare every digit",
    ),
];

/// `(key, 中文, English)`: what `{expected}` in a sentence may say.
pub(super) const WORDS: &[(&str, &str, &str)] = &[
    ("ids", "编号列表", "a list of ids"),
    ("file", "文件（含 id）", "a file: an object with its id"),
    ("files", "文件列表（每个含 id）", "a list of files, objects with their ids"),
    ("codes", "从上到下的代码列表", "a list of codes, top first"),
    ("time", "时刻（如 08:30）", "time of day such as 08:30"),
    ("duration", "时长（如 30d）", "duration such as 30d"),
    ("color", "颜色（如 #1677ff）", "colour such as #1677ff"),
    ("barcode", "条码（一行，最多 256 个字）", "barcode: one line of at most 256 characters"),
    (
        "location",
        "位置（lat 在 ±90 之间，lng 在 ±180 之间）",
        "a place of lat (±90) and lng (±180) in degrees",
    ),
];
