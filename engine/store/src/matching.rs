//! When two values are the same, or alike. Computed here and not by a database, so that both find the same.
//!
//! A value has *forms*, which are compared, and *keys*, numbers by which records that may be the same are found. Values
//! that are the same share a form; texts that are alike share keys, the more the more they are alike.
//!
//! How much two texts have in common is what PostgreSQL's `pg_trgm` calls similarity: the number of grams that both
//! have, by the number of grams that one of them has. The grams of a Latin word are its runs of three letters, two blanks
//! put in front of it and one behind. 中文 is too short for that: 张三 and 张叁 would share one gram of five. Its grams are
//! its characters, and the pairs of its neighbouring syllables as they are commonly read, with the beginning as a
//! neighbour of the first. Up to three characters it is a person's name, whose end counts as much as its beginning:
//! there the end is a neighbour too. Longer it is a company's, which people shorten at the end. Forms of companies do not count.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::Fields;
use kezhi_types::query::{Comparison, Matching, Shape};
use pinyin::ToPinyin;
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::company;
use crate::promote::{part_value, scaled};
use crate::words::{READINGS, Run, readings, runs};

/// Values of one field that count.
const VALUES: usize = 50;
/// Characters of one text that count.
const CHARACTERS: usize = 200;
/// Up to so many characters 中文 is a person's name.
const PERSON: usize = 3;
/// Fewest digits of a telephone number.
const DIGITS: usize = 5;

/// What a record's values are compared by: of each value its forms.
pub type Forms = Vec<BTreeSet<String>>;

/// The forms of the values that a record has; none where it has no value that can be compared.
pub fn forms(matching: &Matching, data: &Fields, derived: &Fields) -> Forms {
    let value = part_value(data, derived, &matching.column);
    let mut found = Forms::new();
    match (value, &matching.within) {
        (Some(Value::Array(rows)), Some(column)) => {
            rows.iter().filter_map(|row| row.get(column)).for_each(|value| add(matching, value, &mut found));
        }
        (Some(value), None) => add(matching, value, &mut found),
        _ => {}
    }
    found
}

fn add(matching: &Matching, value: &Value, found: &mut Forms) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| add(matching, item, found));
    }
    if found.len() >= VALUES {
        return;
    }
    let forms = match matching.by {
        Comparison::Exact => exact(&matching.column.shape, value).into_iter().collect(),
        by => value.as_str().map(|text| of_text(by, text)).unwrap_or_default(),
    };
    if !forms.is_empty() && !found.contains(&forms) {
        found.push(forms);
    }
}

fn exact(shape: &Shape, value: &Value) -> Option<String> {
    let text = match (shape, value) {
        (_, Value::Null) => return None,
        (Shape::Decimal { scale }, value) => scaled(value, *scale)?.0.to_string(),
        (_, Value::String(text)) => plain(text.trim()).trim().to_owned(),
        (_, other) => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

fn of_text(by: Comparison, text: &str) -> BTreeSet<String> {
    match by {
        Comparison::Exact => BTreeSet::from([plain(text.trim())]),
        Comparison::Phone => phone(text).into_iter().collect(),
        Comparison::Name => {
            Some(company::core(text).concat()).filter(|name| !name.is_empty()).into_iter().collect()
        }
        Comparison::Pinyin => pinyin(text),
        Comparison::Similar => grams(text),
    }
}

/// In one width and case.
fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// The digits of a telephone number without the prefix of China and without the zero before an area.
fn phone(text: &str) -> Option<String> {
    let text = plain(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let abroad = text.trim_start().trim_start_matches(['(', ' ']).starts_with('+');
    let is_mobile = |rest: &str| rest.len() == 11 && rest.starts_with('1');
    let national = match (digits.strip_prefix("0086"), digits.strip_prefix("86")) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if abroad || is_mobile(rest) => rest,
        _ => &digits,
    };
    let national =
        national.strip_prefix('0').filter(|rest| (9..=11).contains(&rest.len())).unwrap_or(national);
    (national.len() >= DIGITS).then(|| national.to_owned())
}

/// Every way to read a name, at most eight, without blanks: 张三 and `Zhang San` are both `zhangsan`.
fn pinyin(text: &str) -> BTreeSet<String> {
    let mut read = vec![String::new()];
    for (at, run) in runs(text).into_iter().enumerate() {
        let ways: Vec<String> = match run {
            Run::Chinese(characters) => {
                readings(&characters, at == 0).into_iter().map(|reading| reading.concat()).collect()
            }
            Run::Latin(word) => vec![word],
        };
        let room = (READINGS / read.len()).max(1);
        let one = |way: &String| read.iter().map(|known| known.clone() + way).collect::<Vec<_>>();
        read = ways.iter().take(room).flat_map(one).collect();
        if read[0].len() > CHARACTERS {
            break;
        }
    }
    read.into_iter().filter(|name| !name.is_empty()).collect()
}

/// What a text has in common with others that are alike.
fn grams(text: &str) -> BTreeSet<String> {
    let mut grams = BTreeSet::new();
    for run in runs(&company::core(text).join(" ")) {
        match run {
            Run::Chinese(characters) => chinese(&characters, &mut grams),
            Run::Latin(word) => {
                let padded: Vec<char> = "  ".chars().chain(word.chars()).chain([' ']).collect();
                grams.extend(padded.windows(3).map(|three| three.iter().collect::<String>()));
            }
        }
    }
    grams
}

fn chinese(characters: &[char], grams: &mut BTreeSet<String>) {
    let mut seen: BTreeMap<char, u32> = BTreeMap::new();
    for character in characters {
        let times = seen.entry(*character).or_default();
        *times += 1;
        grams.insert(format!("{character}{times}"));
    }
    let read = |character: &char| character.to_pinyin().map_or("", |pinyin| pinyin.plain());
    let mut syllables: Vec<&str> = std::iter::once("^").chain(characters.iter().map(read)).collect();
    if characters.len() <= PERSON {
        syllables.push("$");
    }
    grams.extend(syllables.windows(2).map(|pair| pair.join("-")));
}

/// How alike two records are by this field, from 0 to 1: the best of any two of their values. Where values are the
/// same or not it is 1 or 0.
pub fn score(by: Comparison, one: &Forms, other: &Forms) -> f64 {
    let pairs = one.iter().flat_map(|left| other.iter().map(move |right| (left, right)));
    let alike = |(left, right): (&BTreeSet<String>, &BTreeSet<String>)| {
        let shared = left.intersection(right).count();
        match by {
            Comparison::Similar if shared > 0 => shared as f64 / (left.len() + right.len() - shared) as f64,
            Comparison::Similar => 0.0,
            _ => f64::from(u8::from(shared > 0)),
        }
    };
    pairs.map(alike).fold(0.0, f64::max)
}

/// The numbers by which records with these forms are found.
pub fn keys(forms: &Forms) -> BTreeSet<i64> {
    forms.iter().flatten().map(|form| key(form)).collect()
}

pub(crate) fn key(form: &str) -> i64 {
    let hash = Sha256::digest(form.as_bytes());
    i64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

/// How many of a text's grams another shares at least that is so alike.
pub fn shared(grams: usize, at_least: f64) -> usize {
    ((grams as f64 * at_least - 1e-9).ceil().max(1.0) as usize).min(grams)
}

/// How many of a text's grams, whichever, must be looked for so that every text that is so alike has one of them.
pub(crate) fn enough(grams: usize, at_least: f64) -> usize {
    grams + 1 - shared(grams, at_least)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kezhi_types::query::{Column, Part};
    use serde_json::json;

    fn alike(by: Comparison, one: &str, other: &str) -> f64 {
        score(by, &vec![of_text(by, one)], &vec![of_text(by, other)])
    }

    #[test]
    fn latin_texts_are_as_alike_as_the_trigrams_of_postgresql_say() {
        assert!((alike(Comparison::Similar, "word", "two words") - 4.0 / 11.0).abs() < 1e-9);
        assert!((alike(Comparison::Similar, "cat", "CAT") - 1.0).abs() < 1e-9);
        assert_eq!(grams("cat"), ["  c", " ca", "at ", "cat"].map(str::to_owned).into());
        assert!(alike(Comparison::Similar, "abc", "xyz") < 1e-9);
        assert!(alike(Comparison::Similar, "Jonathan Smith", "Jonathon Smith") > 0.6);
        assert!(alike(Comparison::Similar, "Jonathan Smith", "Joan Smithers") < 0.6);
    }

    #[test]
    fn chinese_names_are_alike_by_characters_and_by_sound() {
        for (one, other) in [
            ("张三", "张叁"),
            ("王小明", "王晓明"),
            ("北京字节跳动科技有限公司", "字节跳动"),
            ("上海瑞丰贸易有限公司", "上海瑞丰贸易股份有限公司"),
            ("华为技术有限公司", "华为技术（上海）有限公司"),
        ] {
            let found = alike(Comparison::Similar, one, other);
            assert!(found >= 0.6, "{one} {other} {found}");
        }
        for (one, other) in [
            ("张三", "李三"),
            ("张三", "张三丰"),
            ("王芳", "王伟"),
            ("李明", "王明"),
            ("招商银行", "招商证券"),
            ("上海瑞丰贸易有限公司", "上海宏达贸易有限公司"),
        ] {
            let found = alike(Comparison::Similar, one, other);
            assert!(found < 0.6, "{one} {other} {found}");
        }
    }

    #[test]
    fn a_telephone_number_is_its_digits_within_the_country() {
        for text in [
            "13800138000",
            "138-0013-8000",
            "+86 138 0013 8000",
            "008613800138000",
            "8613800138000",
            "(+86)１３８００１３８０００",
        ] {
            assert_eq!(phone(text).as_deref(), Some("13800138000"), "{text}");
        }
        for text in ["010-88889999", "+86 10 8888 9999", "(010) 8888 9999"] {
            assert_eq!(phone(text).as_deref(), Some("1088889999"), "{text}");
        }
        assert_eq!(phone("+1 415 555 0100").as_deref(), Some("14155550100"));
        assert_eq!(phone("86123").as_deref(), Some("86123"));
        assert_eq!(phone("n/a"), None);
    }

    #[test]
    fn names_that_are_read_alike_share_a_reading() {
        assert!(alike(Comparison::Pinyin, "张三", "张叁") > 0.0);
        assert!(alike(Comparison::Pinyin, "张三", "Zhang San") > 0.0);
        assert!(alike(Comparison::Pinyin, "曾伟", "Zeng Wei") > 0.0);
        assert!(alike(Comparison::Pinyin, "单雄信", "善雄心") > 0.0);
        assert!(alike(Comparison::Pinyin, "张三", "张山") < 1.0);
    }

    #[test]
    fn any_two_values_of_two_records_may_agree() {
        let column = Column { field: "contacts".into(), part: Part::Data, shape: Shape::Json };
        let matching = Matching { column, within: Some("phone".into()), by: Comparison::Phone };
        let of = |rows: Value| {
            let data = Fields::from_iter([("contacts".to_owned(), rows)]);
            forms(&matching, &data, &Fields::new())
        };
        let one = of(json!([{ "phone": "13800138000" }, { "phone": "13900139000" }, { "phone": null }]));
        let other = of(json!([{ "phone": "+86 139 0013 9000" }]));
        assert_eq!(one.len(), 2);
        assert!(score(Comparison::Phone, &one, &other) > 0.0);
        assert_eq!(keys(&one).intersection(&keys(&other)).count(), 1);
        assert!(of(json!([])).is_empty() && of(Value::Null).is_empty());
    }

    #[test]
    fn every_text_that_is_alike_enough_has_one_of_the_grams_looked_for() {
        let names = [
            "张三",
            "张叁",
            "王小明",
            "王晓明",
            "字节跳动科技",
            "字节跳动",
            "Jonathan Smith",
            "Jonathon Smith",
            "欧阳娜娜",
        ];
        for (one, other) in names.iter().flat_map(|one| names.iter().map(move |other| (one, other))) {
            for least in [0.3, 0.5, 0.6, 0.8, 1.0] {
                if alike(Comparison::Similar, one, other) < least {
                    continue;
                }
                let (left, right) = (grams(one), grams(other));
                let some = left.iter().take(enough(left.len(), least));
                let lost = left.len() - enough(left.len(), least);
                // Whichever are left out, fewer are left out than are shared.
                assert!(left.intersection(&right).count() > lost, "{one} {other} {least}");
                assert!(some.count() >= 1);
            }
        }
    }

    #[test]
    fn single_values_are_compared_in_one_form() {
        let column = |shape| Column { field: "x".into(), part: Part::Data, shape };
        let of = |shape, value: Value| {
            let matching = Matching { column: column(shape), within: None, by: Comparison::Exact };
            forms(&matching, &Fields::from_iter([("x".to_owned(), value)]), &Fields::new())
        };
        assert_eq!(of(Shape::Text, json!(" ＡＢＣ ")), of(Shape::Text, json!("abc")));
        assert_eq!(
            of(Shape::Decimal { scale: 2 }, json!("12.5")),
            of(Shape::Decimal { scale: 2 }, json!("12.50"))
        );
        assert_eq!(of(Shape::List, json!(["a", "b"])).len(), 2);
        assert!(of(Shape::Text, json!("  ")).is_empty());
    }
}
