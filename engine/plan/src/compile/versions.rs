//! Versions `1.2.3` and what may be asked of them: `^1`, `>=0.1, <0.2`.

/// A version of one to three numbers; what is left out is 0.
pub fn parse(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.trim().split('.');
    for number in &mut numbers {
        match parts.next() {
            Some(part) => *number = part.parse().ok()?,
            None => break,
        }
    }
    (parts.next().is_none() && !text.trim().is_empty()).then_some(numbers)
}

/// Whether `version` is among those that `wanted` asks for; `None` when that cannot be read.
pub fn allows(wanted: &str, version: &str) -> Option<bool> {
    let version = parse(version)?;
    wanted
        .split(',')
        .map(|part| allows_one(part.trim(), version))
        .try_fold(true, |all, one| Some(all && one?))
}

fn allows_one(wanted: &str, version: [u64; 3]) -> Option<bool> {
    if wanted == "*" {
        return Some(true);
    }
    let digits = wanted.find(|c: char| c.is_ascii_digit())?;
    let (operator, number) = wanted.split_at(digits);
    let bound = parse(number)?;
    match operator.trim() {
        ">=" => Some(version >= bound),
        ">" => Some(version > bound),
        "<=" => Some(version <= bound),
        "<" => Some(version < bound),
        "=" => Some(version == bound),
        "^" | "" => Some(version >= bound && version < next_breaking(bound)),
        "~" => Some(version >= bound && version < [bound[0], bound[1].saturating_add(1), 0]),
        _ => None,
    }
}

fn next_breaking(bound: [u64; 3]) -> [u64; 3] {
    match bound {
        [0, 0, patch] => [0, 0, patch.saturating_add(1)],
        [0, minor, _] => [0, minor.saturating_add(1), 0],
        [major, ..] => [major.saturating_add(1), 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_held_against_what_is_asked_for() {
        assert_eq!(allows(">=0.1, <0.2", "0.1.7"), Some(true));
        assert_eq!(allows(">=0.1, <0.2", "0.2.0"), Some(false));
        assert_eq!(allows("^1", "1.9.0"), Some(true));
        assert_eq!(allows("^0.3", "0.4.0"), Some(false));
        assert_eq!(allows("soon", "1.0.0"), None);
        assert_eq!(allows("", "1.0.0"), None);
    }
}
