//! Computing an expression.

use std::cell::Cell;
use std::cmp::Ordering;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::node::{Binary, Node};
use super::source::datum;
use crate::calendar::{Duration, Unit};
use crate::facts::Sight;
use crate::functions::datum::Datum;

/// Most steps of one computation.
const MOST_STEPS: u32 = 10_000;
/// Largest value, in bytes.
const LARGEST: usize = 64 * 1024;

/// One computation.
pub(super) struct Run<'a> {
    pub(super) sight: &'a Sight<'a>,
    pub(super) zone: &'a TimeZone,
    pub(super) steps: Cell<u32>,
    pub(super) divided_by_zero: Cell<bool>,
}

impl Run<'_> {
    fn step(&self) -> Result<(), String> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS {
            Err("the expression does too much work".to_owned())
        } else {
            Ok(())
        }
    }

    pub(super) fn value(&self, node: &Node) -> Result<Datum, String> {
        self.step()?;
        let value = self.compute(node)?;
        if value.size() > LARGEST { Err("the value is too large".to_owned()) } else { Ok(value) }
    }

    fn compute(&self, node: &Node) -> Result<Datum, String> {
        let facts = Some(self.sight.facts);
        match node {
            Node::Constant(constant) => Ok(constant.clone()),
            Node::Field(access, reading) => Ok(datum(reading, access.get(self.sight.fields, facts))),
            Node::Around(access, reading) => {
                Ok(datum(reading, self.sight.parent.and_then(|parent| access.get(parent, facts))))
            }
            Node::Today => Ok(Datum::Date(self.sight.circumstances.now.date_in(self.zone))),
            Node::Now => Ok(Datum::Instant(self.sight.circumstances.now)),
            Node::Negative(node) => negative(&self.value(node)?),
            Node::Not(node) => match self.value(node)? {
                Datum::Boolean(flag) => Ok(Datum::Boolean(!flag)),
                Datum::Absent => Ok(Datum::Absent),
                other => Err(format!("`!` cannot take {}", other.noun())),
            },
            Node::Binary(binary, sides) => {
                self.binary(*binary, &self.value(&sides.0)?, &self.value(&sides.1)?)
            }
            Node::And(parts) => self.logic(parts, false),
            Node::Or(parts) => self.logic(parts, true),
            Node::Coalesce(parts) => {
                for part in parts {
                    let value = self.value(part)?;
                    if !value.is_absent() {
                        return Ok(value);
                    }
                }
                Ok(Datum::Absent)
            }
            Node::Text(parts) => self
                .values(parts)?
                .map_or(Ok(Datum::Absent), |parts| Ok(Datum::Text(parts.iter().map(Datum::text).collect()))),
            Node::List(items) => Ok(self.values(items)?.map_or(Datum::Absent, Datum::List)),
            Node::If(branches) => match self.value(&branches.0)? {
                Datum::Boolean(true) => self.value(&branches.1),
                Datum::Boolean(false) => self.value(&branches.2),
                Datum::Absent => Ok(Datum::Absent),
                other => Err(format!("`if` cannot take {}", other.noun())),
            },
            Node::Call(function, arguments) => {
                let arguments: Vec<_> =
                    arguments.iter().map(|node| self.value(node)).collect::<Result<_, _>>()?;
                function.apply(&arguments, self.zone)
            }
            Node::Rows { .. } => self.rows(node),
        }
    }

    /// The values, or `None` where one of them is absent.
    fn values(&self, nodes: &[Node]) -> Result<Option<Vec<Datum>>, String> {
        let values: Vec<_> = nodes.iter().map(|node| self.value(node)).collect::<Result<_, _>>()?;
        Ok((!values.iter().any(Datum::is_absent)).then_some(values))
    }

    /// `&&` and `||`: decided by the first part that can decide; otherwise absent if one part is.
    fn logic(&self, parts: &[Node], deciding: bool) -> Result<Datum, String> {
        let mut open = false;
        for part in parts {
            match self.value(part)? {
                Datum::Boolean(flag) if flag == deciding => return Ok(Datum::Boolean(deciding)),
                Datum::Boolean(_) => {}
                Datum::Absent => open = true,
                other => return Err(format!("`&&` and `||` cannot take {}", other.noun())),
            }
        }
        Ok(if open { Datum::Absent } else { Datum::Boolean(!deciding) })
    }

    fn rows(&self, node: &Node) -> Result<Datum, String> {
        let Node::Rows { function, table, around, column } = node else { return Ok(Datum::Absent) };
        let fields = if *around { self.sight.parent } else { Some(self.sight.fields) };
        let rows = fields.and_then(|fields| table.get(fields, None)).and_then(Value::as_array);
        let rows: &[Value] = rows.map_or(&[], Vec::as_slice);
        self.steps.set(self.steps.get() + u32::try_from(rows.len()).unwrap_or(MOST_STEPS));
        self.step()?;
        let value = |row: &Value| match column {
            Some((key, reading)) => datum(reading, row.get(key)),
            None => Datum::Boolean(true),
        };
        function.over(rows.iter().map(value))
    }

    fn binary(&self, binary: Binary, left: &Datum, right: &Datum) -> Result<Datum, String> {
        if left.is_absent() || right.is_absent() {
            return Ok(Datum::Absent);
        }
        match binary {
            Binary::Equal => return Ok(Datum::Boolean(left.equals(right))),
            Binary::Unequal => return Ok(Datum::Boolean(!left.equals(right))),
            Binary::Less => return compared(binary, left, right, Ordering::is_lt),
            Binary::LessOrEqual => return compared(binary, left, right, Ordering::is_le),
            Binary::Greater => return compared(binary, left, right, Ordering::is_gt),
            Binary::GreaterOrEqual => return compared(binary, left, right, Ordering::is_ge),
            _ => {}
        }
        match (left, right) {
            (Datum::Integer(a), Datum::Integer(b)) if binary != Binary::Divide => self.whole(binary, *a, *b),
            (Datum::Text(a), Datum::Text(b)) if binary == Binary::Add => Ok(Datum::Text(format!("{a}{b}"))),
            (Datum::Date(date), days) if matches!(binary, Binary::Add | Binary::Subtract) => {
                shifted(binary, *date, days)
            }
            _ => match (left.number(), right.number()) {
                (Some(a), Some(b)) => self.exact(binary, a, b),
                _ => cannot(binary, left, right),
            },
        }
    }

    fn whole(&self, binary: Binary, a: i64, b: i64) -> Result<Datum, String> {
        let result = match binary {
            Binary::Add => a.checked_add(b),
            Binary::Subtract => a.checked_sub(b),
            Binary::Multiply => a.checked_mul(b),
            _ if b == 0 => return Ok(self.by_zero()),
            _ => a.checked_rem(b),
        };
        result.map(Datum::Integer).ok_or_else(|| format!("the result of `{}` is too large", binary.symbol()))
    }

    fn exact(&self, binary: Binary, a: Decimal, b: Decimal) -> Result<Datum, String> {
        let result = match binary {
            Binary::Add => a.checked_add(b),
            Binary::Subtract => a.checked_sub(b),
            Binary::Multiply => a.checked_mul(b),
            _ if b.is_zero() => return Ok(self.by_zero()),
            Binary::Divide => a.checked_div(b),
            _ => a.checked_rem(b),
        };
        result.map(Datum::Decimal).ok_or_else(|| format!("the result of `{}` is too large", binary.symbol()))
    }

    fn by_zero(&self) -> Datum {
        self.divided_by_zero.set(true);
        Datum::Absent
    }
}

fn negative(value: &Datum) -> Result<Datum, String> {
    match value {
        Datum::Absent => Ok(Datum::Absent),
        Datum::Integer(number) => Ok(Datum::Integer(number.saturating_neg())),
        Datum::Decimal(number) => Ok(Datum::Decimal(-*number)),
        other => Err(format!("`-` cannot take {}", other.noun())),
    }
}

fn compared(
    binary: Binary,
    left: &Datum,
    right: &Datum,
    is: impl Fn(Ordering) -> bool,
) -> Result<Datum, String> {
    match left.order(right) {
        Some(order) => Ok(Datum::Boolean(is(order))),
        None => cannot(binary, left, right),
    }
}

fn cannot(binary: Binary, left: &Datum, right: &Datum) -> Result<Datum, String> {
    Err(format!("`{}` cannot take {} and {}", binary.symbol(), left.noun(), right.noun()))
}

/// A date and days, or the days from one date to another.
fn shifted(binary: Binary, date: jiff::civil::Date, by: &Datum) -> Result<Datum, String> {
    match (by.integer(), by) {
        (Some(days), _) => {
            let amount = if binary == Binary::Add { days } else { days.saturating_neg() };
            Ok(Datum::Date(Duration { amount, unit: Unit::Day }.add_to_date(date)))
        }
        (None, Datum::Date(from)) if binary == Binary::Subtract => {
            let span = from.until((jiff::Unit::Day, date)).map_err(|error| error.to_string())?;
            Ok(Datum::Integer(i64::from(span.get_days())))
        }
        _ => cannot(binary, &Datum::Date(date), by),
    }
}
