//! “Did you mean”: the nearest of the names that exist.

use kezhi_types::{Said, said};

/// The nearest name, if one is near enough to be a slip of the hand.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().max(3) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A sentence that offers the nearest name, or lists what there is, or says that there is nothing.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Said {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(found) = nearest(name, known.iter().copied()) {
        return said!("是不是 `{found}`？", "Did you mean `{found}`?");
    }
    let count = known.len();
    match count {
        0 => said!("目前一个也没有。", "There is none so far."),
        1..=12 => {
            let names = listed(known);
            said!("有 {}。", "There is {}."; names)
        }
        _ => {
            let names = listed(known.into_iter().take(8));
            said!(
                "共有 {count} 个可选，例如 {}。",
                "There are {count} to choose from, among them {}.";
                names
            )
        }
    }
}

/// `` `a`, `b` and `c` ``, `` `a`、`b`、`c` ``.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Said {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let zh = names.join("、");
    match names.split_last() {
        None => said!("无", "nothing"),
        Some((only, [])) => only.as_str().into(),
        Some((last, rest)) => Said { zh, en: format!("{} and {last}", rest.join(", ")) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_different_word_is_not() {
        assert_eq!(nearest("industy", ["industry", "phone"]), Some("industry"));
        assert_eq!(nearest("budget", ["industry", "phone"]), None);
        assert_eq!(did_you_mean("x", []).en, "There is none so far.");
    }
}
