//! Words that search finds. They are cut here and not by the database, so that both find the same.
//!
//! Latin words and numbers are lower-cased and found by their beginning; 中文 by single characters and by
//! pairs, by full pinyin and by initials from any character on; digits by any run of four.

use std::collections::BTreeSet;

use kezhi_types::query::{Column, Shape};
use kezhi_types::{Fields, Id};
use pinyin::{ToPinyin, ToPinyinMulti};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::promote::part_value;

/// The state of a table's words once those of every record are kept by field, beside whose it is.
pub(crate) const READY: &str = "held";

/// Characters of one field that are cut into words.
const CHARACTERS: usize = 2_000;
/// Words of one field.
const WORDS: usize = 600;
/// Bytes of one Latin word; what is longer is found by its beginning.
const LETTERS: usize = 64;
/// Digits that are found wherever they stand in a number.
const DIGITS: usize = 4;
/// Syllables of one pinyin word.
const SYLLABLES: usize = 8;
/// Readings of one run of characters.
pub(crate) const READINGS: usize = 8;

/// Surnames that are read otherwise than the same character elsewhere.
const SURNAMES: [(char, &str); 24] = [
    ('单', "shan"),
    ('曾', "zeng"),
    ('仇', "qiu"),
    ('解', "xie"),
    ('区', "ou"),
    ('查', "zha"),
    ('任', "ren"),
    ('朴', "piao"),
    ('尉', "yu"),
    ('盖', "ge"),
    ('乐', "yue"),
    ('翟', "zhai"),
    ('折', "she"),
    ('种', "chong"),
    ('员', "yun"),
    ('覃', "qin"),
    ('宓', "fu"),
    ('缪', "miao"),
    ('牟', "mu"),
    ('晁', "chao"),
    ('逄', "pang"),
    ('黑', "he"),
    ('华', "hua"),
    ('冼', "xian"),
];

/// Whose a record is: its owner and their department.
pub(crate) type Whose = (Option<Id>, Option<Id>);

/// The words of a record's searched fields, each with the class of its field before it, in order; and behind them whose
/// it is, so that a search passes over what somebody may not see without reading it.
pub(crate) fn of_record(
    (owner, department): Whose,
    data: &Fields,
    derived: &Fields,
    searched: &[Column],
) -> Vec<String> {
    let mut all = BTreeSet::new();
    for (at, column) in searched.iter().enumerate() {
        let mut words = BTreeSet::new();
        match part_value(data, derived, column) {
            Some(Value::String(markup)) if column.shape == Shape::Json => cut(&read(markup), &mut words),
            Some(Value::String(text)) => {
                cut(text, &mut words);
                joined_digits(text).into_iter().for_each(|digits| cut_latin(digits, &mut words));
            }
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).for_each(|text| cut(text, &mut words));
            }
            Some(Value::Number(number)) => cut(&number.to_string(), &mut words),
            _ => {}
        }
        let class = class(at);
        all.extend(words.into_iter().map(|word| class.clone() + &word));
    }
    let whose = [
        department.map(|id| of_holder(Holder::Department, id)),
        owner.map(|id| of_holder(Holder::Owner, id)),
    ];
    all.into_iter().chain(whose.into_iter().flatten()).collect()
}

/// Who holds a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Department,
    Owner,
}

/// The word that says whose a record is. No field has its class: an entity has at most 1,000 fields.
pub(crate) fn of_holder(holder: Holder, id: Id) -> String {
    let sort = if holder == Holder::Department { 'd' } else { 'o' };
    format!("zz{sort}{}", id.0.simple())
}

/// What stands before the words of a field: its place among the searched fields, two letters or digits.
pub(crate) fn class(place: usize) -> String {
    let digit = |number: usize| char::from_digit(number as u32 % 36, 36).unwrap_or('z');
    [digit(place / 36), digit(place)].iter().collect()
}

/// What people read of clean markup: no tags, and the four references that cleaning leaves.
fn read(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut quote = None;
    let mut inside = false;
    for letter in markup.chars() {
        match (inside, quote, letter) {
            (false, _, '<') => {
                inside = true;
                text.push(' ');
            }
            (false, _, letter) => text.push(letter),
            (true, None, '>') => inside = false,
            (true, None, '"' | '\'') => quote = Some(letter),
            (true, Some(open), letter) if open == letter => quote = None,
            (true, _, _) => {}
        }
    }
    text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A word that a record must have, whole or as a beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole(String),
    Beginning(String),
}

/// What a question asks for: every word of it must be found.
pub(crate) fn of_question(text: &str) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for run in runs(text) {
        match run {
            Run::Chinese(characters) if characters.len() == 1 => {
                wanted.push(Wanted::Whole(characters[0].to_string()))
            }
            Run::Chinese(characters) => {
                wanted.extend(characters.windows(2).map(|pair| Wanted::Whole(pair.iter().collect())));
            }
            Run::Latin(word) if word.len() >= DIGITS && word.bytes().all(|byte| byte.is_ascii_digit()) => {
                wanted.extend(fours(&word).map(|four| Wanted::Whole(four.to_owned())));
            }
            Run::Latin(word) => wanted.push(Wanted::Beginning(word)),
        }
    }
    wanted.truncate(32);
    wanted
}

/// Characters that belong together.
pub(crate) enum Run {
    Chinese(Vec<char>),
    Latin(String),
}

/// Runs of 中文 and runs of other letters and digits; all else separates.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut apart = true;
    for character in text.nfkc().take(CHARACTERS).flat_map(char::to_lowercase) {
        if !character.is_alphanumeric() {
            apart = true;
            continue;
        }
        let chinese = character.to_pinyin().is_some();
        match runs.last_mut() {
            Some(Run::Chinese(run)) if chinese && !apart => run.push(character),
            Some(Run::Latin(run)) if !chinese && !apart && run.len() >= LETTERS => {}
            Some(Run::Latin(run)) if !chinese && !apart => run.push(character),
            _ if chinese => runs.push(Run::Chinese(vec![character])),
            _ => runs.push(Run::Latin(character.to_string())),
        }
        apart = false;
    }
    runs
}

fn cut(text: &str, words: &mut BTreeSet<String>) {
    for run in runs(text) {
        if words.len() >= WORDS {
            return;
        }
        match run {
            Run::Chinese(characters) => cut_chinese(&characters, words),
            Run::Latin(word) => cut_latin(word, words),
        }
    }
}

/// The digits of what is written as a telephone number, so that it is found however it was grouped.
fn joined_digits(text: &str) -> Option<String> {
    let separator = |c: char| matches!(c, ' ' | '-' | '+' | '(' | ')' | '（' | '）');
    let grouped =
        text.trim().chars().any(separator) && text.chars().all(|c| c.is_ascii_digit() || separator(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (grouped && digits.len() > 4).then_some(digits)
}

/// Every run of four of these digits.
fn fours(digits: &str) -> impl Iterator<Item = &str> {
    (DIGITS..=digits.len()).map(move |end| &digits[end - DIGITS..end])
}

fn cut_latin(word: String, words: &mut BTreeSet<String>) {
    for digits in word.split(|c: char| !c.is_ascii_digit()) {
        words.extend(fours(digits).map(str::to_owned));
    }
    words.insert(word);
}

fn cut_chinese(characters: &[char], words: &mut BTreeSet<String>) {
    words.extend(characters.iter().map(char::to_string));
    words.extend(characters.windows(2).map(|pair| pair.iter().collect::<String>()));
    for start in 0..characters.len() {
        let end = characters.len().min(start + SYLLABLES);
        for reading in readings(&characters[start..end], start == 0) {
            words.insert(reading.concat());
            words.insert(reading.iter().filter_map(|syllable| syllable.chars().next()).collect());
        }
        if words.len() >= WORDS {
            return;
        }
    }
}

/// At most eight ways to read a run, the commonest first.
pub(crate) fn readings(characters: &[char], may_be_surname: bool) -> Vec<Vec<&'static str>> {
    let mut readings: Vec<Vec<&'static str>> = vec![Vec::new()];
    for (at, character) in characters.iter().enumerate() {
        let syllables = syllables(*character, may_be_surname && at == 0);
        let room = (READINGS / readings.len()).max(1);
        let known = readings.clone();
        readings.clear();
        for syllable in syllables.into_iter().take(room) {
            readings.extend(known.iter().map(|reading| {
                let mut longer = reading.clone();
                longer.push(syllable);
                longer
            }));
        }
    }
    readings
}

fn syllables(character: char, may_be_surname: bool) -> Vec<&'static str> {
    let mut syllables: Vec<&'static str> =
        character.to_pinyin().map(|pinyin| pinyin.plain()).into_iter().collect();
    if may_be_surname {
        syllables.extend(SURNAMES.iter().filter(|(name, _)| *name == character).map(|(_, reading)| *reading));
    }
    if let Some(all) = character.to_pinyin_multi() {
        syllables.extend(all.into_iter().map(|pinyin| pinyin.plain()));
    }
    let mut seen = BTreeSet::new();
    syllables.retain(|syllable| seen.insert(*syllable));
    syllables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, question: &str) -> bool {
        let mut words = BTreeSet::new();
        cut(text, &mut words);
        of_question(question).iter().all(|wanted| match wanted {
            Wanted::Whole(word) => words.contains(word),
            Wanted::Beginning(start) => words.iter().any(|word| word.starts_with(start)),
        })
    }

    #[test]
    fn a_chinese_name_is_found_by_characters_pinyin_and_initials() {
        for question in ["张", "张三", "zhangsan", "zhang", "zs", "三", "san"] {
            assert!(finds("张三", question), "{question}");
        }
        assert!(!finds("张三", "李"));
        assert!(finds("单雄信", "shanxiongxin"));
        assert!(finds("重庆小面", "chongqing"));
        assert!(finds("上海瑞丰贸易有限公司", "ruifeng"));
    }

    #[test]
    fn markup_is_found_by_what_people_read() {
        let read = read("<p>甲&nbsp;公司 <a href=\"x>y\" title='strong'>Acme</a></p>");
        assert!(finds(&read, "公司") && finds(&read, "acme"));
        assert!(!finds(&read, "strong") && !finds(&read, "href") && !finds(&read, "nbsp"));
    }

    #[test]
    fn digits_are_found_by_any_run_of_four_and_latin_words_by_their_beginning() {
        assert!(finds("13800138000", "0138"));
        assert!(
            finds("13800138000", "1380") && finds("13800138000", "8000") && finds("13800138000", "13800138")
        );
        assert!(finds("13800138000", "138"));
        assert!(finds("1380", "1380") && finds("1380号", "1380") && finds("A1380", "1380"));
        assert!(!finds("13800138000", "9999"));
        assert!(finds("Acme Trading", "acm trad"));
    }
}
