//! The right side of a leaf: literals, read once when compiled, and references, looked up when judged.

use std::borrow::Cow;
use std::cell::OnceCell;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::{Caller, Fields, Timestamp};
use serde_json::Value;

use super::access::Access;
use super::value::{Class, Scalar, read};
use crate::calendar::{Duration, start_of_day};

/// One value that a field is compared with.
#[derive(Debug, Clone)]
pub(super) enum Operand {
    /// A literal.
    Literal(Scalar<'static>),
    /// A reference.
    Reference(Source, Option<Duration>),
}

/// What a reference names.
#[derive(Debug, Clone)]
pub(super) enum Source {
    CallerId,
    CallerDepartment,
    Today,
    Now,
    /// A field of the record, and how it reads.
    Record(Access, Class),
}

/// Several values.
#[derive(Debug, Clone)]
pub(super) enum Operands {
    /// The literals of an array.
    Literals(Vec<Scalar<'static>>),
    /// The one value of `has`.
    One(Operand),
    /// The items of a list field of the record.
    Field(Access),
}

/// What references are looked up in.
pub(super) struct Surroundings<'a> {
    pub(super) caller: &'a Caller,
    pub(super) now: Timestamp,
    pub(super) zone: Zone<'a>,
    /// The record that `record.x` names.
    pub(super) record: Option<&'a Fields>,
    pub(super) today: OnceCell<Date>,
}

/// The workspace's zone: looked up by its name once, and only if needed.
pub(super) enum Zone<'a> {
    Known(&'a TimeZone),
    Named(&'a crate::facts::Circumstances, OnceCell<TimeZone>),
}

impl Surroundings<'_> {
    pub(super) fn zone(&self) -> &TimeZone {
        match &self.zone {
            Zone::Known(zone) => zone,
            Zone::Named(circumstances, found) => found.get_or_init(|| circumstances.time_zone()),
        }
    }

    pub(super) fn today(&self) -> Date {
        *self.today.get_or_init(|| self.now.date_in(self.zone()))
    }
}

impl Operand {
    /// The value as fields of `class` compare with it; `None` where it is absent.
    pub(super) fn resolve<'v>(&'v self, class: &Class, around: &Surroundings<'v>) -> Option<Scalar<'v>> {
        let (source, plus) = match self {
            Self::Literal(Scalar::Text(text)) => return Some(Scalar::Text(Cow::Borrowed(text))),
            Self::Literal(literal) => return Some(literal.clone()),
            Self::Reference(source, plus) => (source, *plus),
        };
        let id = |id: kezhi_types::Id| Scalar::Text(Cow::Owned(id.to_string()));
        let value = match source {
            Source::CallerId => return Some(id(around.caller.id)),
            Source::CallerDepartment => return around.caller.department.map(id),
            Source::Today => Scalar::Date(around.today()),
            Source::Now => Scalar::Instant(around.now),
            Source::Record(access, class) => read(class, access.get(around.record?, None)?)?,
        };
        Some(moved(value, plus, *class == Class::Instant, around))
    }
}

/// `value` so much later; where an instant is wanted a date is the first instant of its day.
fn moved<'v>(
    value: Scalar<'v>,
    plus: Option<Duration>,
    instant_wanted: bool,
    around: &Surroundings<'_>,
) -> Scalar<'v> {
    match (value, plus) {
        (Scalar::Date(date), plus) => {
            let date = plus.map_or(date, |plus| plus.add_to_date(date));
            if instant_wanted {
                Scalar::Instant(start_of_day(date, around.zone()))
            } else {
                Scalar::Date(date)
            }
        }
        (Scalar::Instant(instant), Some(plus)) => Scalar::Instant(plus.add(instant, around.zone())),
        (other, _) => other,
    }
}

impl Operands {
    /// Shows the values one by one until `visit` says no; false where they are absent as a whole.
    pub(super) fn visit<'v>(
        &'v self,
        class: &Class,
        around: &Surroundings<'v>,
        visit: &mut dyn FnMut(&Scalar<'_>) -> bool,
    ) -> bool {
        match self {
            Self::Literals(literals) => {
                let _ = literals.iter().all(visit);
                true
            }
            Self::One(operand) => operand.resolve(class, around).is_some_and(|value| {
                visit(&value);
                true
            }),
            Self::Field(access) => {
                let list =
                    around.record.and_then(|record| access.get(record, None)).and_then(Value::as_array);
                list.is_some_and(|items| {
                    let _ = items.iter().filter_map(|item| read(class, item)).all(|item| visit(&item));
                    true
                })
            }
        }
    }

    /// All values; `None` where they are absent as a whole.
    pub(super) fn collect(&self, class: &Class, around: &Surroundings<'_>) -> Option<Vec<Scalar<'static>>> {
        let mut values = Vec::new();
        let present = self.visit(class, around, &mut |value| {
            values.push(value.clone().into_owned());
            true
        });
        present.then_some(values)
    }
}
