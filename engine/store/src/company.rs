//! What is left of a name without what names of companies have in common: forms of companies, the place in front of them,
//! punctuation. 北京字节跳动科技有限公司 is 字节跳动科技, `Acme Trading Co., Ltd.` is `acmetrading`, and 张三 stays 张三.

use unicode_normalization::UnicodeNormalization;

/// Characters of a name that count.
const CHARACTERS: usize = 200;

/// Forms of companies at the end of a Chinese name, the longest first.
const FORMS: [&str; 12] = [
    "有限责任公司",
    "股份有限公司",
    "集团有限公司",
    "控股有限公司",
    "集团公司",
    "有限公司",
    "总公司",
    "公司",
    "集团",
    "股份",
    "控股",
    "有限合伙",
];

/// Forms of companies at the end of a Latin name.
const WORDS: [&str; 25] = [
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "llc",
    "llp",
    "lp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "pte",
    "pty",
    "kk",
    "holdings",
];

/// Places in front of a name: the provinces, and cities in which many companies sit.
const PLACES: [&str; 87] = [
    "北京",
    "天津",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "上海",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "重庆",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "台湾",
    "中国",
    "石家庄",
    "唐山",
    "太原",
    "呼和浩特",
    "沈阳",
    "大连",
    "长春",
    "哈尔滨",
    "南京",
    "苏州",
    "无锡",
    "常州",
    "南通",
    "徐州",
    "杭州",
    "宁波",
    "温州",
    "嘉兴",
    "绍兴",
    "金华",
    "台州",
    "义乌",
    "合肥",
    "福州",
    "厦门",
    "泉州",
    "南昌",
    "济南",
    "青岛",
    "烟台",
    "潍坊",
    "郑州",
    "洛阳",
    "武汉",
    "长沙",
    "广州",
    "深圳",
    "珠海",
    "佛山",
    "东莞",
    "中山",
    "惠州",
    "南宁",
    "海口",
    "成都",
    "贵阳",
    "昆明",
    "西安",
    "兰州",
    "西宁",
    "银川",
    "乌鲁木齐",
];

/// What may stand behind a place.
const RANKS: [&str; 8] =
    ["特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "省", "市"];

/// The words of a name that make it differ from others, lower-cased and in one width, in their order. Everything is
/// left as it is where nothing else would be.
pub(crate) fn core(text: &str) -> Vec<String> {
    let plain: String = text.nfkc().take(CHARACTERS).flat_map(char::to_lowercase).collect();
    let mut words: Vec<String> = unbracketed(&plain)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let mut formed = false;
    while words.len() > 1 && words.last().is_some_and(|word| WORDS.contains(&word.as_str())) {
        words.pop();
        formed = true;
    }
    if let Some(last) = words.last_mut() {
        formed |= cut_forms(last);
    }
    if let Some(first) = words.first_mut().filter(|_| formed) {
        cut_places(first);
    }
    words
}

/// Without the brackets, and without what they hold where that is a place or a form.
fn unbracketed(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(['(', '[', '【', '〔']) {
        left.push_str(before);
        let (inside, behind) = after.split_once([')', ']', '】', '〕']).unwrap_or((after, ""));
        let place = inside.trim();
        let says_nothing = FORMS.contains(&place) || is_place(place);
        if !says_nothing {
            left.push(' ');
            left.push_str(inside);
            left.push(' ');
        }
        rest = behind;
    }
    left + rest
}

fn is_place(name: &str) -> bool {
    for rank in RANKS {
        if let Some(bare) = name.strip_suffix(rank) {
            return !bare.is_empty();
        }
    }
    PLACES.contains(&name)
}

fn cut_forms(name: &mut String) -> bool {
    let mut cut = false;
    while let Some(bare) =
        FORMS.iter().find_map(|form| name.strip_suffix(form)).filter(|bare| !bare.is_empty())
    {
        *name = bare.to_owned();
        cut = true;
    }
    cut
}

/// Takes the province and the city from the beginning of a name, as long as two characters stay.
fn cut_places(name: &mut String) {
    for _ in 0..2 {
        let Some(bare) = PLACES.iter().find_map(|place| name.strip_prefix(place)) else { return };
        let bare = RANKS.iter().find_map(|rank| bare.strip_prefix(rank)).unwrap_or(bare);
        if bare.chars().count() < 2 {
            return;
        }
        *name = bare.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::core;

    #[test]
    fn what_companies_have_in_common_is_taken_away() {
        for (name, left) in [
            ("北京字节跳动科技有限公司", "字节跳动科技"),
            ("字节跳动", "字节跳动"),
            ("华为技术（上海）有限公司", "华为技术"),
            ("华为技术有限公司", "华为技术"),
            ("浙江省杭州市西湖茶叶股份有限公司", "西湖茶叶"),
            ("美的集团股份有限公司", "美的"),
            ("Acme Trading Co., Ltd.", "acmetrading"),
            ("ACME  TRADING", "acmetrading"),
            ("Müller GmbH", "müller"),
            ("ＡＢＣ公司", "abc"),
            ("Apple Inc", "apple"),
            ("张三", "张三"),
            ("有限公司", "有限公司"),
            ("上海", "上海"),
            ("上海公司", "上海"),
            ("北京大学", "北京大学"),
            ("集团", "集团"),
            ("", ""),
            ("()", ""),
        ] {
            assert_eq!(core(name).concat(), left, "{name}");
        }
    }
}
