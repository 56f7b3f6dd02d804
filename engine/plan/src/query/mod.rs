//! Requests for records, checked into queries: every field known and readable, every limit kept, the caller's
//! row scope part of the filter.

mod aggregate;
mod cost;
mod cursor;
mod guard;
mod names;

use std::cell::Cell;

use kezhi_types::query::{CountMode, Filter, Query, Search, SearchedField, Shape, Sort};
use kezhi_types::{Caller, Condition, Fields, Said, Timestamp, said};
use serde::Deserialize;
use serde_json::Value;

pub use self::aggregate::{AggregateRequest, plan_aggregate};
pub use self::cursor::{decode_cursor, encode_cursor};
use self::names::Names;
use crate::access::{self, Action};
use crate::app::{AppPlan, EntityPlan};
use crate::condition::{ConditionPlan, FilterContext, Scope};

/// Comparisons in one condition.
const LEAVES: usize = 200;
/// Sort keys.
const SORTS: usize = 4;
/// Records on a page, and when the request does not say.
const LIMIT: u32 = 500;
const USUAL_LIMIT: u32 = 50;
/// Characters of a search.
const WORDS: usize = 200;
/// Hops of one `include`.
const HOPS: usize = 2;

/// What a caller asked for; the keys of `GET …/records` and of `POST …/query`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    /// A condition.
    #[serde(rename = "where")]
    pub condition: Option<Value>,
    /// Words to find.
    pub q: Option<String>,
    /// At most four fields, `-amount` for descending; a list or one text with commas.
    #[serde(deserialize_with = "listed")]
    pub sort: Vec<String>,
    /// Fields wanted; all readable ones when empty. `id` and `version` always come.
    #[serde(deserialize_with = "listed")]
    pub fields: Vec<String>,
    /// Relations to follow, at most two hops each: `customer`, `lines.product`.
    #[serde(deserialize_with = "listed")]
    pub include: Vec<String>,
    /// At most 500; 50 when absent.
    pub limit: Option<u32>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// How the total is wanted.
    pub count: CountMode,
    /// The recycle bin instead of the living.
    pub bin: bool,
}

/// A list of names, or one text with commas as in an address; null is no name.
pub(crate) fn listed<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Listed {
        List(Vec<String>),
        Text(String),
    }
    let split = |text: String| {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    Ok(match Option::<Listed>::deserialize(from)? {
        None => Vec::new(),
        Some(Listed::List(list)) => list,
        Some(Listed::Text(text)) => split(text),
    })
}

/// What to make of the records that a query finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    /// Fields asked for by name, all of them visible; `None` for every visible field.
    pub fields: Option<Vec<String>>,
    /// Relations to follow, hop by hop; the relation `product` of the sub-table `lines` is `lines/product`.
    pub include: Vec<Vec<String>>,
}

/// Why a request for records is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}")]
pub struct QueryError {
    /// A stable slug such as `query.unknown_field`, with a sentence in [`kezhi_types::text`].
    pub code: &'static str,
    /// What fills the sentence.
    pub args: Fields,
    /// The status that the HTTP interface answers: 400 or 422.
    pub status: u16,
}

impl QueryError {
    fn new(code: &'static str, status: u16) -> Self {
        Self { code, args: Fields::new(), status }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// A field that does not exist and one that the caller may not see are answered with the same words.
    fn unknown_field(field: &str) -> Self {
        Self::new("query.unknown_field", 422).with("field", field)
    }
}

/// Checks a request and adds the caller's row scope.
///
/// # Errors
/// The first thing that is wrong with it: `query.unknown_field`, `query.condition`, `query.too_many_leaves`,
/// `query.too_many_rows`, `query.too_many_values`, `query.too_many_names`, `query.sort`, `query.not_sortable`, `query.include`, `query.words` (422), `query.limit`, `query.cursor` (400).
pub fn plan_list(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    request: &ListRequest,
    now: Timestamp,
) -> Result<(Query, Projection), QueryError> {
    let names = Names { app, caller };
    let limit = request.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=LIMIT).contains(&limit) {
        return Err(QueryError::new("query.limit", 400).with("max", LIMIT));
    }
    cost::names(&request.fields, &request.include)?;
    let asked = match &request.condition {
        Some(condition) if !condition.is_null() => Some(filter(&names, entity, condition, now)?),
        _ => None,
    };
    let scope = access::row_scope(app, entity, caller, Action::Read, now);
    let bin = request.bin.then(|| access::row_scope(app, entity, caller, Action::Restore, now));
    let scope = bin.into_iter().fold(scope, access::RowScope::and).into_filter();
    let query = Query {
        entity: entity.key.clone(),
        filter: together(scope, asked),
        words: words(&names, entity, request.q.as_deref(), now)?,
        sort: sort(&names, entity, &request.sort, now)?,
        limit,
        after: request
            .after
            .as_deref()
            .map(|after| decode_cursor(request, &entity.key, after))
            .transpose()?,
        count: request.count,
        bin: request.bin,
    };
    let include =
        request.include.iter().map(|path| include(&names, entity, path)).collect::<Result<_, _>>()?;
    Ok((query, Projection { fields: chosen(&names, entity, &request.fields)?, include }))
}

/// Checks a condition that a caller sent and turns it into a filter that gives nothing away about what the
/// caller may not see.
///
/// # Errors
/// `query.unknown_field`, `query.condition`, `query.too_many_leaves`.
pub fn plan_condition(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    condition: &Value,
    now: Timestamp,
) -> Result<Filter, QueryError> {
    filter(&Names { app, caller }, entity, condition, now)
}

fn filter(
    names: &Names<'_>,
    entity: &EntityPlan,
    condition: &Value,
    now: Timestamp,
) -> Result<Filter, QueryError> {
    let wrong = |error: Said| QueryError::new("query.condition", 422).with("error", error.as_argument());
    cost::check(condition)?;
    let condition: Condition = serde_json::from_value(condition.clone()).map_err(|_| {
        wrong(said!(
            "应为 all、any、not、some、every、count 或 field 之一",
            "it is none of all, any, not, some, every, count and field"
        ))
    })?;
    names.check(entity, &condition)?;
    let probes = Cell::new(0);
    let plan = ConditionPlan::compile(&condition, &Scope::of(&names.app.catalog, &entity.key, &probes))
        .map_err(|problems| {
            wrong(problems.first().map(|problem| problem.message.clone()).unwrap_or_default())
        })?;
    let zone = jiff::tz::TimeZone::get(&names.app.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let filter = plan.filter(&FilterContext { caller: names.caller, now, zone: &zone, record: None });
    Ok(guard::guard(&guard::Guard { app: names.app, caller: names.caller, now }, entity, filter))
}

fn together(scope: Option<Filter>, asked: Option<Filter>) -> Option<Filter> {
    match (scope, asked) {
        (Some(scope), Some(asked)) => Some(Filter::All(vec![scope, asked])),
        (scope, asked) => scope.or(asked),
    }
}

/// The limit of a search over every entity, where there are words that can be looked for.
///
/// # Errors
/// `query.words` (422) where there are none or too many, `query.limit` (400).
pub fn search_limit(q: &str, limit: u32, most: u32) -> Result<u32, QueryError> {
    if q.trim().is_empty() || q.trim().chars().count() > WORDS {
        return Err(QueryError::new("query.words", 422).with("max", WORDS));
    }
    if (1..=most).contains(&limit) {
        Ok(limit)
    } else {
        Err(QueryError::new("query.limit", 400).with("max", most))
    }
}

/// The words, and the searched fields that the caller may read; on other rows they count as absent.
fn words(
    names: &Names<'_>,
    entity: &EntityPlan,
    q: Option<&str>,
    now: Timestamp,
) -> Result<Option<Search>, QueryError> {
    let Some(words) = q.map(str::trim).filter(|words| !words.is_empty()) else { return Ok(None) };
    if words.chars().count() > WORDS {
        return Err(QueryError::new("query.words", 422).with("max", WORDS));
    }
    let readable = entity.layout.searched.iter().filter(|column| names.is_readable(entity, &column.field));
    let fields = readable.map(|column| SearchedField {
        column: column.clone(),
        leading: entity.title_field.as_ref() == Some(&column.field),
        visible: readable_on(names, entity, &column.field, now),
    });
    Ok(Some(Search { text: words.to_owned(), fields: fields.collect(), whole: false }))
}

/// Sort keys are fields of the entity, or lie at the end of to-one relations; on rows where the caller may not read
/// one it counts as absent.
fn sort(
    names: &Names<'_>,
    entity: &EntityPlan,
    keys: &[String],
    now: Timestamp,
) -> Result<Vec<Sort>, QueryError> {
    if keys.len() > SORTS {
        return Err(QueryError::new("query.sort", 422).with("max", SORTS));
    }
    let one = |key: &String| {
        let (descending, path) = key.strip_prefix('-').map_or((false, key.as_str()), |path| (true, path));
        if !names.knows(entity, path) {
            return Err(QueryError::unknown_field(path));
        }
        let found = names.app.catalog.resolve(&entity.key, path);
        let found = found.map_err(|_| QueryError::unknown_field(path))?;
        if matches!(found.column.shape, Shape::List | Shape::Links | Shape::Json) {
            let first = path.split('.').next().unwrap_or_default();
            return Err(QueryError::new("query.not_sortable", 422).with("field", names.title(entity, first)));
        }
        let visible = match found.hops.as_slice() {
            [] => readable_on(names, entity, &found.column.field, now),
            hops => {
                let eyes = guard::Guard { app: names.app, caller: names.caller, now };
                let there = guard::visible(&eyes, entity, hops, &found.column);
                // A lookup has rights of its own beside those of the record behind it.
                let first = path.split('.').next().unwrap_or_default();
                let own = entity.fields.get(first).filter(|field| field.lookup.is_some());
                together(own.and_then(|_| readable_on(names, entity, first, now)), there)
            }
        };
        Ok(Sort { path: found.hops, column: found.column, descending, visible })
    };
    keys.iter().map(one).collect()
}

/// The rows, among those that the caller may read, on which the field may be read; `None` for every one.
fn readable_on(names: &Names<'_>, entity: &EntityPlan, field: &str, now: Timestamp) -> Option<Filter> {
    let readable = access::field_scope(names.app, entity, names.caller, field, now);
    let rows = access::row_scope(names.app, entity, names.caller, Action::Read, now);
    if readable == rows { None } else { readable.into_filter() }
}

fn chosen(
    names: &Names<'_>,
    entity: &EntityPlan,
    fields: &[String],
) -> Result<Option<Vec<String>>, QueryError> {
    if fields.is_empty() {
        return Ok(None);
    }
    match fields.iter().find(|field| !names.is_visible(entity, field)) {
        Some(unknown) => Err(QueryError::unknown_field(unknown)),
        None => Ok(Some(fields.to_vec())),
    }
}

fn include(names: &Names<'_>, entity: &EntityPlan, path: &str) -> Result<Vec<String>, QueryError> {
    let steps: Vec<&str> = path.split('.').collect();
    let wrong = || QueryError::new("query.include", 422).with("path", path);
    if steps.len() > HOPS {
        return Err(wrong());
    }
    names.hops(entity, &steps).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
