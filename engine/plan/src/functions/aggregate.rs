//! Sum, average, smallest, largest and count of a column of rows. Absent values do not take part; sum and count of
//! nothing are 0, the others are absent.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::datum::Datum;

/// The functions over rows, called `sum(lines, "amount")`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum RowFunction {
    Sum,
    Avg,
    Min,
    Max,
    Count,
}

impl RowFunction {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sum, Self::Avg, Self::Min, Self::Max, Self::Count];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
        }
    }

    /// The function with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }

    /// Its value over the values of a column.
    ///
    /// # Errors
    /// One sentence where a value is of the wrong sort or the sum too large.
    pub fn over(self, values: impl Iterator<Item = Datum>) -> Result<Datum, String> {
        let mut values = values.filter(|value| !value.is_absent());
        match self {
            Self::Count => Ok(Datum::count(values.count())),
            Self::Sum => Ok(sum(values)?.0),
            Self::Avg => match sum(values)? {
                (_, 0) => Ok(Datum::Absent),
                (total, count) => {
                    let total = total.number().unwrap_or_default();
                    let average =
                        total.checked_div(Decimal::from(count)).ok_or("the average is too large")?;
                    Ok(Datum::Decimal(average))
                }
            },
            Self::Min => extreme(&mut values, Ordering::Less),
            Self::Max => extreme(&mut values, Ordering::Greater),
        }
    }
}

fn sum(values: impl Iterator<Item = Datum>) -> Result<(Datum, i64), String> {
    let mut total = Decimal::ZERO;
    let mut whole = true;
    let mut count = 0;
    for value in values {
        let number = value.number().ok_or_else(|| format!("`sum` cannot take {}", value.noun()))?;
        total = total.checked_add(number).ok_or("the sum is too large")?;
        whole &= matches!(value, Datum::Integer(_));
        count += 1;
    }
    let total = Datum::Decimal(total);
    match total.integer() {
        Some(integer) if whole => Ok((Datum::Integer(integer), count)),
        _ => Ok((total, count)),
    }
}

fn extreme(values: &mut dyn Iterator<Item = Datum>, wanted: Ordering) -> Result<Datum, String> {
    let mut best = Datum::Absent;
    for value in values {
        if best.is_absent() {
            best = value;
            continue;
        }
        let order = value
            .order(&best)
            .ok_or_else(|| format!("{} cannot be compared with {}", value.noun(), best.noun()))?;
        if order == wanted {
            best = value;
        }
    }
    Ok(best)
}
