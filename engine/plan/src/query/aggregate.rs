//! Requests for numbers over many records, checked: every field known and readable, every measure fitting its kind.

use std::cell::Cell;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use kezhi_types::aggregate::{
    AVERAGE_DECIMALS, AggregateQuery, Function, Group, GroupKey, GroupSort, Measure, Operand, Period,
    ZoneOffset,
};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::{Filter, Part, Shape};
use kezhi_types::{Caller, Condition, Fields, Said, Timestamp, said};
use serde::Deserialize;
use serde_json::Value;

use super::guard::Guard;
use super::names::Names;
use super::{QueryError, cost, filter, guard, listed, together};
use crate::access::{self, Action};
use crate::app::{AppPlan, EntityPlan};
use crate::catalog::{Catalog, EntityInfo, FieldInfo, ResolvedPath};
use crate::condition::{ConditionPlan, FilterContext, Scope};

/// Fields that records are grouped by.
const GROUPS: usize = 3;
/// Measures of one request.
const MEASURES: usize = 20;
/// Groups in one answer, and when the request does not say.
const LIMIT: u32 = 10_000;
const USUAL_LIMIT: u32 = 1_000;
/// The years whose changes of the zone are known to the databases; before and after it stays as it is.
const YEARS: [i16; 2] = [1900, 2100];

/// What a caller asked for; the keys of `POST …/aggregate`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AggregateRequest {
    /// At most three of `"grade"` and `{"field": "created_at", "by": "month"}`.
    pub group_by: Vec<Value>,
    /// `{"count": "*"}`, `{"sum": "amount", "as": "total"}`; the number of records when absent.
    pub measures: Vec<Fields>,
    /// A condition over the records.
    #[serde(rename = "where")]
    pub condition: Option<Value>,
    /// A condition over names of measures.
    pub having: Option<Value>,
    /// At most four of the answer's keys, `-total` for descending.
    #[serde(deserialize_with = "listed")]
    pub sort: Vec<String>,
    /// At most 10,000; 1,000 when absent.
    pub limit: Option<u32>,
}

/// `{"field": "created_at", "by": "month"}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRequest {
    field: String,
    by: Option<Period>,
}

/// Checks a request and adds the caller's row scope.
///
/// # Errors
/// The first thing that is wrong with it: `query.unknown_field`, `query.condition`, `query.too_many_leaves`,
/// `query.group`, `query.measure`, `query.name`, `query.sort`, `query.having` (422), `query.limit` (400).
pub fn plan_aggregate(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    request: &AggregateRequest,
    now: Timestamp,
) -> Result<AggregateQuery, QueryError> {
    let asking = Asking { names: Names { app, caller }, entity, now };
    let limit = request.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=LIMIT).contains(&limit) {
        return Err(QueryError::new("query.limit", 400).with("max", LIMIT));
    }
    if request.group_by.len() > GROUPS {
        return Err(QueryError::new("query.group", 422)
            .with("group", format!("{} > {GROUPS}", request.group_by.len())));
    }
    if request.measures.len() > MEASURES {
        return Err(QueryError::new("query.measure", 422)
            .with("measure", format!("{} > {MEASURES}", request.measures.len())));
    }
    let groups: Vec<Group> =
        request.group_by.iter().map(|one| asking.group(one)).collect::<Result<_, _>>()?;
    let mut measures: Vec<(Measure, FieldInfo)> =
        request.measures.iter().map(|one| asking.measure(one)).collect::<Result<_, _>>()?;
    if measures.is_empty() {
        measures.push((counting("count".to_owned()), integer()));
    }
    apart(&groups, &measures)?;
    let asked = match &request.condition {
        Some(condition) if !condition.is_null() => Some(filter(&asking.names, entity, condition, now)?),
        _ => None,
    };
    let scope = access::row_scope(app, entity, caller, Action::Read, now).into_filter();
    let having = match &request.having {
        Some(having) if !having.is_null() => Some(asking.having(having, &measures)?),
        _ => None,
    };
    let measures: Vec<Measure> = measures.into_iter().map(|(measure, _)| measure).collect();
    Ok(AggregateQuery {
        entity: entity.key.clone(),
        filter: together(scope, asked),
        sort: order(&request.sort, &groups, &measures)?,
        groups,
        measures,
        having,
        limit,
        offsets: offsets(&app.zone),
    })
}

struct Asking<'a> {
    names: Names<'a>,
    entity: &'a EntityPlan,
    now: Timestamp,
}

impl Asking<'_> {
    fn group(&self, asked: &Value) -> Result<Group, QueryError> {
        let wrong = || QueryError::new("query.group", 422).with("group", asked.to_string());
        let GroupRequest { field, by } = match asked {
            Value::String(field) => GroupRequest { field: field.clone(), by: None },
            other => serde_json::from_value(other.clone()).map_err(|_| wrong())?,
        };
        let (operand, _) = self.operand(&field)?;
        let shape = &operand.column.shape;
        let is_time = matches!(shape, Shape::Date | Shape::Instant);
        if matches!(shape, Shape::List | Shape::Links | Shape::Json) || (by.is_some() && !is_time) {
            return Err(wrong());
        }
        Ok(Group { name: field, operand, by })
    }

    /// A measure, and what its result is.
    fn measure(&self, asked: &Fields) -> Result<(Measure, FieldInfo), QueryError> {
        let shown = || Value::Object(asked.clone()).to_string();
        let wrong = || QueryError::new("query.measure", 422).with("measure", shown());
        let mut given = asked.iter().filter(|(key, _)| *key != "as");
        let ((verb, of), None) = (given.next().ok_or_else(wrong)?, given.next()) else { return Err(wrong()) };
        let function: Function = serde_json::from_value(Value::String(verb.clone())).map_err(|_| wrong())?;
        let of = of.as_str().ok_or_else(wrong)?;
        let usual = if of == "*" { verb.clone() } else { format!("{verb}_{}", of.replace('.', "_")) };
        let name = match asked.get("as") {
            None => usual,
            Some(Value::String(name)) if is_key(name) => name.clone(),
            Some(_) => return Err(wrong()),
        };
        if of == "*" {
            return if function == Function::Count { Ok((counting(name), integer())) } else { Err(wrong()) };
        }
        let (operand, field) = self.operand(of)?;
        let result = result(function, &field, &operand).ok_or_else(wrong)?;
        Ok((Measure { name, function, operand: Some(operand) }, result))
    }

    /// A field by its path, where the caller may know it; absent on rows where the caller may not read it.
    fn operand(&self, path: &str) -> Result<(Operand, FieldInfo), QueryError> {
        let unknown = || QueryError::unknown_field(path);
        if !self.names.knows(self.entity, path) {
            return Err(unknown());
        }
        let ResolvedPath { hops, field, column, .. } =
            self.names.app.catalog.resolve(&self.entity.key, path).map_err(|_| unknown())?;
        let eyes = Guard { app: self.names.app, caller: self.names.caller, now: self.now };
        let visible = guard::visible(&eyes, self.entity, &hops, &column);
        Ok((Operand { path: hops, column, visible }, field))
    }

    /// A condition whose fields are the measures: checked as any condition is.
    fn having(&self, having: &Value, measures: &[(Measure, FieldInfo)]) -> Result<Filter, QueryError> {
        let wrong = |error: Said| QueryError::new("query.having", 422).with("error", error.as_argument());
        cost::check(having)?;
        let condition: Condition = serde_json::from_value(having.clone()).map_err(|_| {
            wrong(said!("应为 all、any、not 或 field 之一", "it is none of all, any, not and field"))
        })?;
        let fields: IndexMap<String, FieldInfo> =
            measures.iter().map(|(measure, result)| (measure.name.clone(), result.clone())).collect();
        let mut catalog = Catalog::default();
        catalog.entities.insert(self.entity.key.clone(), EntityInfo { title: String::new(), fields });
        let probes = Cell::new(0);
        let plan = ConditionPlan::compile(&condition, &Scope::of(&catalog, &self.entity.key, &probes))
            .map_err(|found| wrong(found.first().map(|one| one.message.clone()).unwrap_or_default()))?;
        let zone = jiff::tz::TimeZone::get(&self.names.app.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let context = FilterContext { caller: self.names.caller, now: self.now, zone: &zone, record: None };
        Ok(plan.filter(&context))
    }
}

fn counting(name: String) -> Measure {
    Measure { name, function: Function::Count, operand: None }
}

fn integer() -> FieldInfo {
    FieldInfo::plain(FieldKind::Integer, 0)
}

/// What a function makes of a field; `None` where it cannot.
fn result(function: Function, field: &FieldInfo, operand: &Operand) -> Option<FieldInfo> {
    let shape = &operand.column.shape;
    let is_number = matches!(shape, Shape::Integer | Shape::Decimal { .. });
    let is_time = matches!(shape, Shape::Date | Shape::Instant);
    let scale = if let Shape::Decimal { scale } = shape { *scale } else { 0 };
    match function {
        Function::Count | Function::Distinct => {
            (!matches!(shape, Shape::List | Shape::Links | Shape::Json)).then(integer)
        }
        Function::Avg | Function::Median => {
            is_number.then(|| FieldInfo::plain(FieldKind::Decimal, scale + AVERAGE_DECIMALS))
        }
        Function::Sum => is_number.then(|| kept(field, scale)),
        Function::Min | Function::Max => (is_number || is_time).then(|| kept(field, scale)),
    }
}

/// A result of the same kind as the field.
fn kept(field: &FieldInfo, scale: u32) -> FieldInfo {
    let kind = match field.shape {
        _ if field.part == Part::GradeScore => FieldKind::Integer,
        Shape::Integer => FieldKind::Integer,
        Shape::Decimal { .. } => FieldKind::Decimal,
        Shape::Date => FieldKind::Date,
        _ => FieldKind::Datetime,
    };
    FieldInfo::plain(kind, scale)
}

/// A name that an answer can have beside those of fields.
fn is_key(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Refuses two values of one name.
fn apart(groups: &[Group], measures: &[(Measure, FieldInfo)]) -> Result<(), QueryError> {
    let mut seen = BTreeSet::new();
    let names = groups.iter().map(|group| &group.name).chain(measures.iter().map(|(one, _)| &one.name));
    for name in names {
        if !seen.insert(name) {
            return Err(QueryError::new("query.name", 422).with("name", name.clone()));
        }
    }
    Ok(())
}

fn order(keys: &[String], groups: &[Group], measures: &[Measure]) -> Result<Vec<GroupSort>, QueryError> {
    if keys.len() > super::SORTS {
        return Err(QueryError::new("query.sort", 422).with("max", super::SORTS));
    }
    let one = |key: &String| {
        let (descending, name) = key.strip_prefix('-').map_or((false, key.as_str()), |name| (true, name));
        let group = groups.iter().position(|group| group.name == name).map(GroupKey::Group);
        let measure = || measures.iter().position(|one| one.name == name).map(GroupKey::Measure);
        let by = group.or_else(measure).ok_or_else(|| QueryError::unknown_field(name))?;
        Ok(GroupSort { by, descending })
    };
    keys.iter().map(one).collect()
}

/// How far the zone is ahead of UTC over time, equal neighbours joined.
fn offsets(zone: &str) -> Vec<ZoneOffset> {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let [first, last] = YEARS.map(|year| {
        let day = jiff::civil::date(year, 1, 1);
        day.to_zoned(jiff::tz::TimeZone::UTC).map_or(jiff::Timestamp::UNIX_EPOCH, |start| start.timestamp())
    });
    let ahead = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1000;
    let mut known = vec![ZoneOffset { from: i64::MIN, ahead: ahead(zone.to_offset(first)) }];
    for change in zone.following(first).take_while(|change| change.timestamp() < last) {
        let next = ZoneOffset { from: change.timestamp().as_millisecond(), ahead: ahead(change.offset()) };
        if known.last().is_none_or(|before| before.ahead != next.ahead) {
            known.push(next);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_changes() {
        assert_eq!(offsets("UTC"), [ZoneOffset { from: i64::MIN, ahead: 0 }]);
        let shanghai = offsets("Asia/Shanghai");
        assert_eq!(shanghai.last().map(|last| last.ahead), Some(8 * 3_600_000));
        assert!(
            shanghai.windows(2).all(|pair| pair[0].from < pair[1].from && pair[0].ahead != pair[1].ahead)
        );
        assert!(offsets("America/New_York").len() > 300, "summer time comes and goes");
    }
}
