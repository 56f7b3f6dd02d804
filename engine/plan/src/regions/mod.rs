//! The divisions of China, 省市区: 34 provinces, their cities, their districts, by the codes of GB/T 2260. Two digits name
//! a province, four a city, six a district; each begins with the code above it.
//!
//! `divisions.csv` is made by `make.mjs` from the package `@vant/area-data` 2.1.0 (MIT), published in 2025 from the lists
//! of the Ministry of Civil Affairs and the National Bureau of Statistics.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Where the list comes from, for people.
pub const SOURCE: &str = "GB/T 2260, @vant/area-data 2.1.0 (2025)";

/// What people put between the levels.
const BETWEEN: [char; 6] = [' ', '/', '-', '、', ',', '，'];
/// Endings that people leave out.
const ENDINGS: [&str; 9] =
    ["特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市", "区", "县"];

/// Names by code, in the order of the codes.
pub fn all() -> &'static BTreeMap<&'static str, &'static str> {
    static ALL: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    ALL.get_or_init(|| {
        include_str!("divisions.csv").lines().filter_map(|line| line.split_once(',')).collect()
    })
}

/// What a division is called.
pub fn name(code: &str) -> Option<&'static str> {
    all().get(code).copied()
}

/// The codes from the province down to this one, itself included.
pub fn path(code: &str) -> Vec<&str> {
    [2, 4, 6]
        .into_iter()
        .filter_map(|length| code.get(..length))
        .filter(|code| name(code).is_some())
        .collect()
}

/// The divisions with which a text begins, top first, and what is left of it: `浙江省杭州市西湖区文三路1号`. A name may lack its
/// ending where a `/`, `-` or blank follows it, so that 北京路 is no place in Beijing; the level between a province and a
/// district that only it has may be left out.
pub fn read(text: &str) -> (Vec<&'static str>, &str) {
    let mut rest = text.trim_start();
    let mut path: Vec<&'static str> = Vec::new();
    for level in [2, 4, 6] {
        let above = path.last().copied().unwrap_or_default();
        if level > 2 && above.is_empty() {
            break;
        }
        let begun = all().range(above..).take_while(|(code, _)| code.starts_with(above));
        let named = begun.filter(|(code, _)| code.len() == level);
        let mut found: Vec<_> =
            named.filter_map(|(code, name)| Some((beginning(rest, name)?, *code))).collect();
        found.sort_by_key(|(length, _)| *length);
        let is_sure = above.len() + 2 == level || found.len() == 1;
        if let Some((length, code)) = found.pop().filter(|_| is_sure) {
            path.extend(self::path(code).into_iter().skip(path.len()).filter_map(known));
            rest = rest[length..].trim_start_matches(BETWEEN);
        }
    }
    (path, rest)
}

fn known(code: &str) -> Option<&'static str> {
    all().get_key_value(code).map(|(code, _)| *code)
}

/// How many bytes of `text` name a division; a name without its ending has two characters at least and ends there.
fn beginning(text: &str, name: &str) -> Option<usize> {
    if text.starts_with(name) {
        return Some(name.len());
    }
    let short = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending))?;
    let rest = text.strip_prefix(short).filter(|_| short.chars().count() >= 2)?;
    (rest.is_empty() || rest.starts_with(BETWEEN)).then_some(short.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_lies_below_one_that_is_listed() {
        assert_eq!(all().keys().filter(|code| code.len() == 2).count(), 34);
        assert!(all().len() > 3_800, "{}", all().len());
        for (code, name) in all() {
            assert!(matches!(code.len(), 2 | 4 | 6) && !name.is_empty(), "{code} {name}");
            assert_eq!(path(code).len(), code.len() / 2, "{code}");
        }
        assert_eq!(name("330106"), Some("西湖区"));
        assert_eq!(name("330113"), Some("临平区"));
    }

    #[test]
    fn an_address_is_read_from_the_top() {
        for (text, codes, rest) in [
            ("浙江省杭州市西湖区文三路1号", vec!["33", "3301", "330106"], "文三路1号"),
            ("浙江/杭州/西湖", vec!["33", "3301", "330106"], ""),
            ("北京市朝阳区建国路", vec!["11", "1101", "110105"], "建国路"),
            ("新疆/乌鲁木齐市天山区", vec!["65", "6501", "650102"], ""),
            ("浙江省西湖区文三路", vec!["33", "3301", "330106"], "文三路"),
            ("江苏省鼓楼区", vec!["32"], "鼓楼区"),
            ("北京路 5 号", vec![], "北京路 5 号"),
            ("浙江省滨江路 5 号", vec!["33"], "滨江路 5 号"),
            ("广西壮族自治区 南宁市", vec!["45", "4501"], ""),
            ("中山路 4 号", vec![], "中山路 4 号"),
            ("", vec![], ""),
        ] {
            assert_eq!(read(text), (codes, rest), "{text}");
        }
    }
}
