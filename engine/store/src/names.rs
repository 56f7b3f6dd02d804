//! How people's names sound: 李婷 is found by `liting` and by `lt`.

use pinyin::ToPinyin;

use crate::words::readings;

/// The longest name that is read, in characters.
const LONGEST: usize = 8;

/// The pinyin of a name, whole and by initials, in each way to read it; nothing for a name that is not Chinese.
pub fn sounds(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().filter(|letter| letter.to_pinyin().is_some()).collect();
    if letters.is_empty() || letters.len() > LONGEST {
        return Vec::new();
    }
    let mut sounds = Vec::new();
    for reading in readings(&letters, true).into_iter().filter(|reading| !reading.is_empty()) {
        sounds.push(reading.concat());
        sounds.push(reading.iter().filter_map(|syllable| syllable.chars().next()).collect());
    }
    sounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_whole_and_by_initials_and_a_surname_as_one() {
        assert!(sounds("李婷").contains(&"liting".to_owned()) && sounds("李婷").contains(&"lt".to_owned()));
        assert!(sounds("单雄信").contains(&"shanxiongxin".to_owned()));
        assert!(sounds("Ada").is_empty());
        assert!(sounds("ΑΒ李°").contains(&"li".to_owned()), "what has no sound is passed over");
    }
}
