//! Numbers, days and words as people write them in cells and texts. What cannot be read for certain is not read: `12,50` may
//! be twelve and a half or a slip in 1,250.

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::Decimal;

/// What stands between the items of a list.
pub const BETWEEN: [char; 8] = ['、', ',', '，', ';', '；', '|', '/', '\n'];
/// What people write before and after an amount, in small letters.
const AROUND: [&str; 8] = ["¥", "￥", "$", "rmb", "cny", "人民币", "元", "圆"];
/// Digits of a number before its point and behind it.
const DIGITS: usize = 40;

/// Digits and signs of full width as those of half width.
pub fn narrow(letter: char) -> char {
    match u32::from(letter) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

/// `¥1,234.50`, `-5`, `（300）` as −300, `12.5%`, `.5`, full width; commas only between groups of three digits.
pub fn number(text: &str) -> Option<Decimal> {
    let narrow: String = text.chars().map(narrow).filter(|letter| !letter.is_whitespace()).collect();
    let narrow = narrow.to_lowercase();
    let (mut rest, mut minus) = (narrow.as_str(), None);
    loop {
        rest = match (bracketed(rest), rest.strip_prefix(['-', '+'])) {
            (Some(inner), _) if minus.is_none() => {
                minus = Some(true);
                inner
            }
            (_, Some(behind)) if minus.is_none() => {
                minus = Some(rest.starts_with('-'));
                behind
            }
            _ => match within(rest) {
                Some(inner) => inner,
                None => break,
            },
        };
    }
    let rest = rest.strip_suffix('%').unwrap_or(rest);
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, part)| (whole, Some(part)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default().len();
    if whole.contains(',') && (!(1..=3).contains(&first) || groups.any(|group| group.len() != 3)) {
        return None;
    }
    let digits =
        |part: &str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.replace(',', "");
    let whole = if whole.is_empty() && fraction.is_some() { "0" } else { &whole };
    if !digits(whole) || fraction.is_some_and(|fraction| !digits(fraction)) {
        return None;
    }
    let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
    let number = Decimal::from_str_exact(&format!("{whole}{fraction}")).ok()?;
    Some(if minus == Some(true) { -number } else { number })
}

fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('(')?.strip_suffix(')')
}

/// What is left without one sign of a currency.
fn within(text: &str) -> Option<&str> {
    AROUND.iter().find_map(|around| text.strip_prefix(around).or_else(|| text.strip_suffix(around)))
}

/// 是 and 否 in the words and signs that are usual.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "是" | "有" | "对" | "真" | "√" | "y" | "yes" | "true" | "t" | "1" => Some(true),
        "否" | "无" | "没有" | "错" | "假" | "×" | "n" | "no" | "false" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// `2024-03-05`, `2024/3/5`, `2024.3.5`, `2024年3月5日`, `20240305`.
pub fn date(text: &str) -> Option<Date> {
    let text: String = text.trim().chars().map(narrow).collect();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok();
    }
    let text = text.strip_suffix(['日', '号']).unwrap_or(&text);
    let parts: Vec<&str> = text.split(['-', '/', '.', '年', '月']).map(str::trim).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A day with a time of day behind it, `2024/3/5 8:30`, to the millisecond.
pub fn moment(text: &str) -> Option<DateTime> {
    let (day, time) = text.trim().split_once([' ', 'T'])?;
    let parts: Vec<&str> = time.trim().split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, "0"),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let (second, part) = second.split_once('.').unwrap_or((second, "0"));
    let part = part.trim_end_matches('0');
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: i32 = format!("{part:0<3}").parse().ok()?;
    let time =
        Time::new(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?, millis * 1_000_000).ok()?;
    Some(date(day)?.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_where_it_can_mean_one_thing_only() {
        let read = |text: &str| number(text).map(|number| number.normalize().to_string());
        for (written, meant) in [
            ("¥1,234.50", "1234.5"),
            ("-¥5", "-5"),
            ("¥-5", "-5"),
            ("（３００）", "-300"),
            ("(¥1,000)", "-1000"),
            ("12.5%", "12.5"),
            ("１００元", "100"),
            ("RMB 7", "7"),
            (".5", "0.5"),
            ("+3", "3"),
            ("12 345 678", "12345678"),
            ("1,234,567", "1234567"),
        ] {
            assert_eq!(read(written).as_deref(), Some(meant), "{written}");
        }
        for written in [
            "", "-", ".", "5.", "12,50", "1.234,56", "1,23,456", "1234,567", ",5", "(-3)", "--3", "1元2",
            "1_000", "1e3", "0x10", "十万", "%",
        ] {
            assert_eq!(read(written), None, "{written}");
        }
    }

    #[test]
    fn a_moment_keeps_what_was_written_or_is_none() {
        let at = |text: &str| moment(text).map(|at| at.to_string());
        assert_eq!(at("2024/3/5 8:30").as_deref(), Some("2024-03-05T08:30:00"));
        assert_eq!(at("2024-03-05T08:30:15.25").as_deref(), Some("2024-03-05T08:30:15.25"));
        assert_eq!(at("2024-03-05 08:30:15.1234"), None);
        assert_eq!(at("2024-03-05 25:00"), None);
        assert_eq!(at("2024-03-05"), None);
    }
}
