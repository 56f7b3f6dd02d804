//! Functions of texts and lists of texts.

use super::datum::Datum;
use super::{Function, wrong};

/// Longest text that a function gives, in bytes.
pub const LONGEST: usize = 64 * 1024;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "text",
        arity: (1, 1),
        takes_absent: false,
        doc: "text(x): x as people read it",
        call: |arguments, _| Ok(Datum::Text(arguments[0].text())),
    },
    Function {
        name: "upper",
        arity: (1, 1),
        takes_absent: false,
        doc: "upper(text): in capitals",
        call: |arguments, _| of_text("upper", arguments, str::to_uppercase),
    },
    Function {
        name: "lower",
        arity: (1, 1),
        takes_absent: false,
        doc: "lower(text): in small letters",
        call: |arguments, _| of_text("lower", arguments, str::to_lowercase),
    },
    Function {
        name: "trim",
        arity: (1, 1),
        takes_absent: false,
        doc: "trim(text): without blanks at both ends",
        call: |arguments, _| of_text("trim", arguments, |text| text.trim().to_owned()),
    },
    Function {
        name: "left",
        arity: (2, 2),
        takes_absent: false,
        doc: "left(text, n): the first n characters",
        call: |arguments, _| part("left", arguments, |text, n| text.chars().take(n).collect()),
    },
    Function {
        name: "right",
        arity: (2, 2),
        takes_absent: false,
        doc: "right(text, n): the last n characters",
        call: |arguments, _| {
            part("right", arguments, |text, n| {
                text.chars().skip(text.chars().count().saturating_sub(n)).collect()
            })
        },
    },
    Function {
        name: "middle",
        arity: (3, 3),
        takes_absent: false,
        doc: "middle(text, first, n): n characters from the first on, which is 1 for the beginning",
        call: |arguments, _| match (&arguments[0], arguments[1].integer(), arguments[2].integer()) {
            (Datum::Text(text), Some(first), Some(n)) => {
                let skipped = usize::try_from(first - 1).unwrap_or(0);
                Ok(Datum::Text(text.chars().skip(skipped).take(usize::try_from(n).unwrap_or(0)).collect()))
            }
            _ => wrong("middle", arguments),
        },
    },
    Function {
        name: "replace",
        arity: (3, 3),
        takes_absent: false,
        doc: "replace(text, part, other): every part replaced by the other",
        call: |arguments, _| match arguments {
            [Datum::Text(text), Datum::Text(part), Datum::Text(other)] => replace(text, part, other),
            _ => wrong("replace", arguments),
        },
    },
    Function {
        name: "starts_with",
        arity: (2, 2),
        takes_absent: false,
        doc: "starts_with(text, part): whether a text starts with a part, the case of A–Z ignored",
        call: |arguments, _| match arguments {
            [Datum::Text(text), Datum::Text(part)] => {
                Ok(Datum::Boolean(crate::condition::text_starts_with(text, part)))
            }
            _ => wrong("starts_with", arguments),
        },
    },
    Function {
        name: "join",
        arity: (2, 2),
        takes_absent: false,
        doc: "join(list, between): one text of all items",
        call: |arguments, _| match arguments {
            [Datum::List(items), Datum::Text(between)] => {
                Ok(Datum::Text(items.iter().map(Datum::text).collect::<Vec<_>>().join(between)))
            }
            _ => wrong("join", arguments),
        },
    },
];

fn of_text(name: &str, arguments: &[Datum], call: impl Fn(&str) -> String) -> Result<Datum, String> {
    match &arguments[0] {
        Datum::Text(text) => Ok(Datum::Text(call(text))),
        _ => wrong(name, arguments),
    }
}

fn part(name: &str, arguments: &[Datum], call: impl Fn(&str, usize) -> String) -> Result<Datum, String> {
    match (&arguments[0], arguments[1].integer()) {
        (Datum::Text(text), Some(n)) => Ok(Datum::Text(call(text, usize::try_from(n).unwrap_or(0)))),
        _ => wrong(name, arguments),
    }
}

/// The size is known before anything is allocated.
fn replace(text: &str, part: &str, other: &str) -> Result<Datum, String> {
    if part.is_empty() {
        return Ok(Datum::Text(text.to_owned()));
    }
    let times = text.matches(part).count();
    if text.len() + times.saturating_mul(other.len()) > LONGEST {
        return Err("the text is too long".to_owned());
    }
    Ok(Datum::Text(text.replace(part, other)))
}
