//! “Did you mean”: the nearest of the names that exist.

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
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(found) = nearest(name, known.iter().copied()) {
        return format!("Did you mean `{found}`?");
    }
    match known.len() {
        0 => "There is none so far.".to_owned(),
        1..=12 => format!("There is {}.", listed(known)),
        _ => format!(
            "There are {} to choose from, among them {}.",
            known.len(),
            listed(known.into_iter().take(8))
        ),
    }
}

/// `` `a`, `b` and `c` ``.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_different_word_is_not() {
        assert_eq!(nearest("industy", ["industry", "phone"]), Some("industry"));
        assert_eq!(nearest("budget", ["industry", "phone"]), None);
        assert_eq!(did_you_mean("x", []), "There is none so far.");
    }
}
