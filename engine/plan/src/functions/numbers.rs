//! Functions of numbers.

use std::cmp::Ordering;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::datum::Datum;
use super::{Function, wrong};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "min",
        arity: (1, 8),
        takes_absent: false,
        doc: "min(a, b, …): the smallest; min(lines, \"price\") over the rows of a table",
        call: |arguments, _| extreme("min", arguments, Ordering::Less),
    },
    Function {
        name: "max",
        arity: (1, 8),
        takes_absent: false,
        doc: "max(a, b, …): the largest; max(lines, \"price\") over the rows of a table",
        call: |arguments, _| extreme("max", arguments, Ordering::Greater),
    },
    Function {
        name: "round",
        arity: (1, 2),
        takes_absent: false,
        doc: "round(x, digits): to so many decimals (0 when left out), a half away from zero",
        call: |arguments, _| {
            let digits = arguments.get(1).map_or(Some(0), Datum::integer);
            match (arguments[0].number(), digits) {
                (Some(number), Some(0)) => Ok(whole(rounded(number, 0))),
                (Some(number), Some(digits @ 1..=12)) => Ok(Datum::Decimal(rounded(number, digits as u32))),
                (Some(_), Some(_)) => Err("`round` takes 0 to 12 digits".to_owned()),
                _ => wrong("round", arguments),
            }
        },
    },
    Function {
        name: "floor",
        arity: (1, 1),
        takes_absent: false,
        doc: "floor(x): the whole number below",
        call: |arguments, _| of_number("floor", arguments, |number| whole(number.floor())),
    },
    Function {
        name: "ceil",
        arity: (1, 1),
        takes_absent: false,
        doc: "ceil(x): the whole number above",
        call: |arguments, _| of_number("ceil", arguments, |number| whole(number.ceil())),
    },
    Function {
        name: "abs",
        arity: (1, 1),
        takes_absent: false,
        doc: "abs(x): without its sign",
        call: |arguments, _| match &arguments[0] {
            Datum::Integer(number) => Ok(Datum::Integer(number.saturating_abs())),
            _ => of_number("abs", arguments, |number| Datum::Decimal(number.abs())),
        },
    },
    Function {
        name: "clamp",
        arity: (3, 3),
        takes_absent: false,
        doc: "clamp(x, low, high): x, but not below low nor above high",
        call: |arguments, _| match arguments {
            [x, low, high] => match (x.order(low), x.order(high)) {
                (Some(Ordering::Less), _) => Ok(low.clone()),
                (_, Some(Ordering::Greater)) => Ok(high.clone()),
                (Some(_), Some(_)) => Ok(x.clone()),
                _ => wrong("clamp", arguments),
            },
            _ => wrong("clamp", arguments),
        },
    },
    Function {
        name: "number",
        arity: (1, 1),
        takes_absent: false,
        doc: "number(text): the number that a text spells, absent where it spells none",
        call: |arguments, _| match &arguments[0] {
            Datum::Text(text) => {
                let number = Decimal::from_str_exact(text.trim());
                Ok(number.map_or(Datum::Absent, Datum::Decimal))
            }
            Datum::Boolean(flag) => Ok(Datum::Integer(i64::from(*flag))),
            _ => of_number("number", arguments, Datum::Decimal),
        },
    },
];

fn of_number(name: &str, arguments: &[Datum], call: impl Fn(Decimal) -> Datum) -> Result<Datum, String> {
    arguments[0].number().map_or_else(|| wrong(name, arguments), |number| Ok(call(number)))
}

/// Rounds a half away from zero.
pub(super) fn rounded(number: Decimal, digits: u32) -> Decimal {
    number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

fn whole(number: Decimal) -> Datum {
    number.to_i64().map_or(Datum::Decimal(number), Datum::Integer)
}

fn extreme(name: &str, arguments: &[Datum], wanted: Ordering) -> Result<Datum, String> {
    let items = match arguments {
        [Datum::List(items)] => items,
        _ => arguments,
    };
    let mut best: Option<&Datum> = None;
    for item in items {
        match best.map(|best| item.order(best)) {
            None => best = Some(item),
            Some(Some(order)) if order == wanted => best = Some(item),
            Some(Some(_)) => {}
            Some(None) => return wrong(name, arguments),
        }
    }
    Ok(best.cloned().unwrap_or(Datum::Absent))
}
