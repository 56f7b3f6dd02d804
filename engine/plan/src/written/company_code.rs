//! 统一社会信用代码, the code of every organisation of the mainland (GB 32100-2015): one character for the
//! registering authority, one for its class, six digits for the division, nine for the body, one to check them.

use super::{Misfit, is_province};

/// The characters in the order of their values; I, O, S, V and Z are left out because they look like others.
const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// The division under which the national authority registers.
const NATIONAL: &str = "10";

/// The code in capital letters.
///
/// # Errors
/// `record.company_code_length`, `_letters`, `_region` or `_check`: the first that is wrong.
pub fn normal(text: &str) -> Result<String, Misfit> {
    let code = text.trim().to_ascii_uppercase();
    if code.chars().count() != 18 {
        return Err(Misfit::new("record.company_code_length"));
    }
    let values: Option<Vec<usize>> = code.chars().map(|letter| CHARACTERS.find(letter)).collect();
    let values = values.ok_or(Misfit::new("record.company_code_letters"))?;
    let region = &code[2..8];
    let known = is_province(&region[..2]) || region.starts_with(NATIONAL);
    if !known || !region.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::new("record.company_code_region"));
    }
    if check(&values[..17]) != values[17] {
        return Err(Misfit::new("record.company_code_check"));
    }
    Ok(code)
}

/// The last character that belongs to the first seventeen: weights are the powers of 3 modulo 31.
fn check(values: &[usize]) -> usize {
    let mut weight = 1;
    let mut sum = 0;
    for value in values {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    (31 - sum % 31) % 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_checked_character_by_character() {
        for (written, answer) in [
            ("91350100M000100Y43", Ok("91350100M000100Y43")),
            (" 91350100m000100y43 ", Ok("91350100M000100Y43")),
            ("9135010", Err("record.company_code_length")),
            ("91350100M000100Y4３", Err("record.company_code_letters")),
            ("91350100M000100I43", Err("record.company_code_letters")),
            ("91990100M000100Y43", Err("record.company_code_region")),
            ("9135A100M000100Y43", Err("record.company_code_region")),
            ("91350100M000100Y44", Err("record.company_code_check")),
            ("91350100M000010Y43", Err("record.company_code_check")),
        ] {
            let normal = normal(written);
            assert_eq!(normal.as_deref().map_err(|misfit| misfit.code), answer, "{written}");
        }
    }

    #[test]
    fn every_slip_of_one_character_and_every_swap_of_neighbours_is_noticed() {
        let code = "91350100M000100Y43";
        for at in 8..18 {
            for other in CHARACTERS.chars().filter(|other| !code[at..].starts_with(*other)) {
                let slip = format!("{}{other}{}", &code[..at], &code[at + 1..]);
                assert!(normal(&slip).is_err(), "{slip}");
            }
        }
        for at in (8..17).filter(|at| code.as_bytes()[*at] != code.as_bytes()[*at + 1]) {
            let mut swapped = code.as_bytes().to_vec();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).expect("ASCII");
            assert!(normal(&swapped).is_err(), "{swapped}");
        }
    }
}
