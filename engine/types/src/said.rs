//! A sentence in both languages of the interface, where only its maker knows the parts that it is made of. What has a
//! code and arguments alone is told by `text` instead.

use serde_json::{Value, json};

use crate::text::Language;

/// One sentence, twice: 中文 and English. Made by [`said!`](crate::said).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Said {
    /// 简体中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Said {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty()
    }

    /// The sentence in a language.
    pub fn to(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }

    /// As an argument of a sentence of `text`, which takes the side that it needs.
    pub fn as_argument(&self) -> Value {
        json!({ "zh-CN": self.zh, "en": self.en })
    }

    /// The same, shaped on both sides.
    #[must_use]
    pub fn map(&self, shape: impl Fn(&str, Language) -> String) -> Self {
        Self { zh: shape(&self.zh, Language::Chinese), en: shape(&self.en, Language::English) }
    }
}

/// The same text in both languages: a name, or the words of a foreign library.
impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self { zh: text.to_owned(), en: text.to_owned() }
    }
}

/// The same text in both languages.
impl From<String> for Said {
    fn from(text: String) -> Self {
        Self { zh: text.clone(), en: text }
    }
}

/// `said!("没有字段 `{key}`", "there is no field `{key}`")`: two format strings over the same values. Parts that differ by
/// language, each a [`Said`], follow after a semicolon: `said!("{}没有次序", "{} has no order"; noun)`.
#[macro_export]
macro_rules! said {
    ($zh:literal, $en:literal $(, $value:expr)* $(; $($part:expr),+)? $(,)?) => {
        $crate::Said {
            zh: ::std::format!($zh $(, $value)* $($(, $part.zh)+)?),
            en: ::std::format!($en $(, $value)* $($(, $part.en)+)?),
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_filled_from_the_same_values_and_their_own_parts() {
        let (key, kind) = ("x", said!("金额", "money"));
        let said = said!("{1}字段 `{key}` 有 {0} 处", "{0} in the {1} field `{key}`", 3; kind);
        assert_eq!(said.to(Language::Chinese), "金额字段 `x` 有 3 处");
        assert_eq!(said.to(Language::English), "3 in the money field `x`");
        assert_eq!(Said::from("{x}").zh, "{x}");
    }
}
