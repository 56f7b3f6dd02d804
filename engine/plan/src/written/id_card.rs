//! 公民身份号码, the number of an identity card (GB 11643): six digits for the division, eight for the day of birth,
//! three for the order, one to check them.

use jiff::civil::Date;

use super::{Misfit, is_province};

/// Years of birth that a living person, or one whose papers are kept, may have.
const BORN: std::ops::RangeInclusive<i16> = 1850..=2100;
/// Weights of the first seventeen digits: powers of 2 modulo 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The last character by the remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// The number with a capital X.
///
/// # Errors
/// `record.id_card_length`, `_letters`, `_region`, `_birth` or `_check`: the first that is wrong.
pub fn normal(text: &str) -> Result<String, Misfit> {
    let number = text.trim().to_ascii_uppercase();
    if number.chars().count() != 18 {
        return Err(Misfit::new("record.id_card_length"));
    }
    let (digits, last) = number.split_at_checked(17).ok_or(Misfit::new("record.id_card_letters"))?;
    let is_last = last == "X" || last.bytes().all(|byte| byte.is_ascii_digit());
    if !is_last || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::new("record.id_card_letters"));
    }
    // Permanent residents from abroad have a 9 before the province.
    let foreign = digits.starts_with('9') && is_province(&digits[1..3]);
    if !is_province(&digits[..2]) && !foreign {
        return Err(Misfit::new("record.id_card_region"));
    }
    if !is_birthday(&digits[6..14]) {
        return Err(Misfit::new("record.id_card_birth"));
    }
    if last.as_bytes()[0] != check(digits) {
        return Err(Misfit::new("record.id_card_check"));
    }
    Ok(number)
}

fn is_birthday(digits: &str) -> bool {
    let (Ok(year), Ok(month), Ok(day)) = (digits[..4].parse(), digits[4..6].parse(), digits[6..].parse())
    else {
        return false;
    };
    BORN.contains(&year) && Date::new(year, month, day).is_ok()
}

/// The last character that belongs to the first seventeen digits.
fn check(digits: &str) -> u8 {
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_checked_part_by_part() {
        for (written, answer) in [
            ("11010519491231002X", Ok("11010519491231002X")),
            (" 11010519491231002x ", Ok("11010519491231002X")),
            ("440524188001010014", Ok("440524188001010014")),
            ("110105491231002", Err("record.id_card_length")),
            ("1101051949123100２X", Err("record.id_card_letters")),
            ("11010519491231Y02X", Err("record.id_card_letters")),
            ("00010519491231002X", Err("record.id_card_region")),
            ("110105194902300027", Err("record.id_card_birth")),
            ("110105084912310027", Err("record.id_card_birth")),
            ("110105194912310021", Err("record.id_card_check")),
            ("110105194913120020", Err("record.id_card_birth")),
        ] {
            let normal = normal(written);
            assert_eq!(normal.as_deref().map_err(|misfit| misfit.code), answer, "{written}");
        }
    }

    #[test]
    fn every_slip_of_one_digit_is_noticed() {
        let number = "11010519491231002X";
        for at in 0..17 {
            for other in ('0'..='9').filter(|other| !number[at..].starts_with(*other)) {
                let slip = format!("{}{other}{}", &number[..at], &number[at + 1..]);
                assert!(normal(&slip).is_err(), "{slip}");
            }
        }
    }
}
