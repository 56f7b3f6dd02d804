//! The functions that expressions and scripts may call: one table, so that both mean the same and the
//! documentation cannot forget one.

/// Sum, average, smallest, largest and count of a column of rows.
pub mod aggregate;
/// Values while they are computed.
pub mod datum;

mod dates;
mod numbers;
mod texts;

use jiff::tz::TimeZone;

use self::datum::Datum;

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// What it is called.
    pub name: &'static str,
    /// Fewest and most arguments.
    pub arity: (usize, usize),
    /// Whether it is called although an argument is absent; otherwise its result is absent then.
    pub takes_absent: bool,
    /// What it does, in one line with its arguments.
    pub doc: &'static str,
    /// The function itself; `zone` is the workspace's.
    pub call: fn(arguments: &[Datum], zone: &TimeZone) -> Result<Datum, String>,
}

/// All functions, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Function> {
    GENERAL.iter().chain(numbers::FUNCTIONS).chain(texts::FUNCTIONS).chain(dates::FUNCTIONS)
}

/// The function with this name.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

impl Function {
    /// Calls it; absent where an argument is absent and the function does not take that.
    ///
    /// # Errors
    /// One sentence: which argument it cannot take.
    pub fn apply(&self, arguments: &[Datum], zone: &TimeZone) -> Result<Datum, String> {
        if !self.takes_absent && arguments.iter().any(Datum::is_absent) {
            return Ok(Datum::Absent);
        }
        (self.call)(arguments, zone)
    }
}

/// What a function says about arguments that it cannot take.
fn wrong(function: &str, arguments: &[Datum]) -> Result<Datum, String> {
    let kinds: Vec<_> = arguments.iter().map(Datum::noun).collect();
    Err(format!("`{function}` cannot take {}", kinds.join(" and ")))
}

const GENERAL: &[Function] = &[
    Function {
        name: "is_empty",
        arity: (1, 1),
        takes_absent: true,
        doc: "is_empty(x): whether x is absent, an empty text or an empty list",
        call: |arguments, _| Ok(Datum::Boolean(arguments[0].is_empty())),
    },
    Function {
        name: "if_empty",
        arity: (2, 2),
        takes_absent: true,
        doc: "if_empty(x, other): x, or the other where x is empty",
        call: |arguments, _| Ok(arguments[usize::from(arguments[0].is_empty())].clone()),
    },
    Function {
        name: "contains",
        arity: (2, 2),
        takes_absent: false,
        doc: "contains(x, part): whether a text contains a part (the case of A–Z ignored) or a list an item",
        call: |arguments, _| match arguments {
            [Datum::Text(text), Datum::Text(part)] => {
                Ok(Datum::Boolean(crate::condition::text_contains(text, part)))
            }
            [Datum::List(items), item] => Ok(Datum::Boolean(items.iter().any(|known| known.equals(item)))),
            _ => wrong("contains", arguments),
        },
    },
    Function {
        name: "length",
        arity: (1, 1),
        takes_absent: false,
        doc: "length(x): characters of a text, items of a list",
        call: |arguments, _| match arguments {
            [Datum::Text(text)] => Ok(Datum::count(text.chars().count())),
            [Datum::List(items)] => Ok(Datum::count(items.len())),
            _ => wrong("length", arguments),
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_functions_share_a_name_and_each_is_documented() {
        let names: std::collections::BTreeSet<_> = all().map(|function| function.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 30, "{}", names.len());
        for function in all() {
            assert!(function.doc.starts_with(&format!("{}(", function.name)), "{}", function.name);
            assert!(function.arity.0 <= function.arity.1 && function.arity.0 >= 1, "{}", function.name);
        }
    }
}
