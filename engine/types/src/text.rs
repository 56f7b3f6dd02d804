//! Sentences for codes, in the languages of the interface. One place, so that no two floors phrase
//! the same refusal differently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Fields;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// 简体中文, the default.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The first language of an `Accept-Language` header that the interface speaks.
    pub fn from_header(header: &str) -> Self {
        header
            .split(',')
            .find_map(|part| {
                let tag = part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                if tag.starts_with("zh") {
                    return Some(Self::Chinese);
                }
                tag.starts_with("en").then_some(Self::English)
            })
            .unwrap_or_default()
    }
}

/// The sentence for `code` with `{name}` replaced from `args`; the code itself where none is known.
pub fn sentence(language: Language, code: &str, args: &Fields) -> String {
    let Some((_, chinese, english)) = SENTENCES.iter().find(|(known, _, _)| *known == code) else {
        return code.to_owned();
    };
    let pattern = match language {
        Language::Chinese => chinese,
        Language::English => english,
    };
    args.iter().fold((*pattern).to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), &plain(value))
    })
}

/// Whether a sentence exists for `code`; a test holds that every code used has one.
pub fn is_known(code: &str) -> bool {
    SENTENCES.iter().any(|(known, _, _)| *known == code)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `(code, 中文, English)`. `{field}` is the field's title where a pointer names one.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("record.required", "请填写“{field}”", "“{field}” is required"),
    ("record.unknown_field", "没有“{field}”这个字段", "There is no field “{field}”"),
    ("record.read_only", "“{field}”不能修改", "“{field}” cannot be changed"),
    ("record.wrong_type", "“{field}”应为{expected}", "“{field}” must be {expected}"),
    ("record.too_long", "“{field}”最多 {max} 个字", "“{field}” may have at most {max} characters"),
    ("record.too_short", "“{field}”至少 {min} 个字", "“{field}” must have at least {min} characters"),
    ("record.too_small", "“{field}”不能小于 {min}", "“{field}” must be at least {min}"),
    ("record.too_large", "“{field}”不能大于 {max}", "“{field}” must be at most {max}"),
    ("record.scale", "“{field}”最多 {scale} 位小数", "“{field}” may have at most {scale} decimals"),
    ("record.pattern", "“{field}”的格式不对", "“{field}” has the wrong format"),
    ("record.format", "“{field}”不是有效的{expected}", "“{field}” is not a valid {expected}"),
    ("record.not_an_option", "“{field}”没有“{value}”这个选项", "“{value}” is not an option of “{field}”"),
    ("record.duplicate_item", "“{field}”里有重复的“{value}”", "“{field}” contains “{value}” twice"),
    ("record.not_unique", "“{field}”已被使用", "“{field}” is already in use"),
    (
        "record.unknown_reference",
        "“{field}”指向的记录不存在",
        "The record that “{field}” names does not exist",
    ),
    ("record.text", "“{field}”含有不允许的字符", "“{field}” contains characters that are not allowed"),
    ("record.too_many", "“{field}”最多 {max} 项", "“{field}” may have at most {max} items"),
    ("rule.refused", "不符合规则“{title}”", "The rule “{title}” does not hold"),
    ("rule.confirm", "请确认：{title}", "Please confirm: {title}"),
    ("rule.warn", "请注意：{title}", "Please note: {title}"),
    ("rule.failed", "规则“{title}”的脚本出错：{error}", "The script of rule “{title}” failed: {error}"),
];
