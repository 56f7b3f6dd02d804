//! Numbers over many records: counts, sums, averages, medians by group. Exact on both databases: decimals are
//! scaled integers, and a sum that leaves 64 bits is an error.
//!
//! Three layers: the values of each record (`g0…` groups, `v0…` measured values), where a median is asked for also
//! their rank in the group; the groups; and over them `having`, the order and the limit.

use kezhi_types::aggregate::{
    AVERAGE_DECIMALS, AggregateQuery, Function, Group, GroupKey, GroupSort, Measure, Operand,
};
use kezhi_types::query::Shape;
use kezhi_types::{Fields, Timestamp};
use serde_json::Value;

use crate::bind::{Bind, Dialect, Row};
use crate::conn::Conn;
use crate::error::Error;
use crate::filter::condition;
use crate::list::by_order;
use crate::period::period;
use crate::promote::{Storage, decimal_text};
use crate::sql::{Computed, Form, Place, Source, Sql};
use crate::tx::reads;

/// A column of the statement that groups.
struct Known {
    place: Place,
    shape: Shape,
    /// The sort key of a text, where it has one.
    sorted: Option<String>,
}

async fn aggregate(conn: &mut Conn, query: &AggregateQuery) -> Result<Vec<Fields>, Error> {
    let Statement { text, binds, forms } = statement(conn, query)?;
    let rows = conn.rows(text, binds).await?;
    rows.iter().map(|row| answer(row, query, &forms)).collect()
}

/// What is asked, and how each value of the answer is to be read.
struct Statement {
    text: String,
    binds: Vec<Bind>,
    forms: Vec<Form>,
}

fn statement(conn: &Conn, query: &AggregateQuery) -> Result<Statement, Error> {
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let source = sql.source(&query.entity)?;
    let Source::Table { alias, table } = &source else { unreachable!("a table was asked for") };
    let mut values = Vec::new();
    let mut groups = Vec::with_capacity(query.groups.len());
    for (at, group) in query.groups.iter().enumerate() {
        let known = grouped(&mut sql, &source, group, query)?;
        values.push(format!("{} AS g{at}", known.place.expression));
        values.extend(known.sorted.as_ref().map(|sorted| format!("{sorted} AS s{at}")));
        groups.push(known);
    }
    let mut measured = Vec::with_capacity(query.measures.len());
    for (at, measure) in query.measures.iter().enumerate() {
        let place = measure.operand.as_ref().map(|operand| value(&mut sql, &source, operand)).transpose()?;
        values.extend(place.as_ref().map(|place| format!("{} AS v{at}", place.expression)));
        measured.push(place);
    }
    if values.is_empty() {
        values.push("1 AS one".to_owned());
    }
    let mut conditions = vec![format!("{alias}.deleted_at IS NULL")];
    if let Some(filter) = &query.filter {
        conditions.push(condition(&mut sql, &source, filter)?);
    }
    let base = format!(
        "SELECT {} FROM \"{}\" {alias} WHERE {}",
        values.join(", "),
        table.table,
        conditions.join(" AND ")
    );
    let base = ranked(base, query);
    let grouped = groups_of(&sql, &base, query, &groups);
    let told: Vec<Form> =
        query.measures.iter().zip(&measured).map(|(one, place)| measure_form(one, place.as_ref())).collect();
    let text = over_groups(&mut sql, &grouped, (query, &groups, &told))?;
    let forms = groups.iter().map(|known| known.place.form).chain(told).collect();
    Ok(Statement { text, binds: sql.binds, forms })
}

/// Where medians are asked for: beside each value its rank in the group and how many there are.
fn ranked(base: String, query: &AggregateQuery) -> String {
    let by: Vec<String> = (0..query.groups.len()).map(|at| format!("g{at}")).collect();
    let partition = if by.is_empty() { String::new() } else { format!("PARTITION BY {} ", by.join(", ")) };
    let medians = query.measures.iter().enumerate().filter(|(_, one)| one.function == Function::Median);
    let ranks: Vec<String> = medians
        .map(|(at, _)| {
            let whole = partition.trim_end();
            format!(
                "ROW_NUMBER() OVER ({partition}ORDER BY v{at} NULLS LAST) AS r{at}, COUNT(v{at}) OVER ({whole}) AS n{at}"
            )
        })
        .collect();
    if ranks.is_empty() {
        return base;
    }
    format!("SELECT valued.*, {} FROM ({base}) AS valued", ranks.join(", "))
}

/// The groups with their measures: `g0… s0… m0…`.
fn groups_of(sql: &Sql, base: &str, query: &AggregateQuery, groups: &[Known]) -> String {
    let mut columns: Vec<String> = (0..groups.len()).map(|at| format!("g{at}")).collect();
    let by = columns.join(", ");
    let sorted = groups.iter().enumerate().filter(|(_, known)| known.sorted.is_some());
    columns.extend(sorted.map(|(at, _)| format!("MIN(s{at}) AS s{at}")));
    columns.extend(
        query
            .measures
            .iter()
            .enumerate()
            .map(|(at, one)| format!("{} AS m{at}", measured(sql.dialect, at, one))),
    );
    let ends = if by.is_empty() { String::new() } else { format!(" GROUP BY {by}") };
    format!("SELECT {} FROM ({base}) AS one{ends}", columns.join(", "))
}

/// `having`, the order and the limit over the groups.
fn over_groups(
    sql: &mut Sql,
    grouped: &str,
    (query, groups, told): (&AggregateQuery, &[Known], &[Form]),
) -> Result<String, Error> {
    let alias = sql.alias();
    let columns = query.measures.iter().zip(told).enumerate().map(|(at, (measure, form))| Computed {
        name: measure.name.clone(),
        expression: format!("{alias}.m{at}"),
        form: *form,
    });
    let source = Source::Computed { columns: columns.collect() };
    let having = match &query.having {
        Some(filter) => format!(" WHERE {}", condition(sql, &source, filter)?),
        None => String::new(),
    };
    let mut order: Vec<String> = Vec::new();
    let named = query.sort.iter().copied();
    let rest = (0..groups.len()).map(|at| GroupSort { by: GroupKey::Group(at), descending: false });
    for key in named.chain(rest) {
        let expression = match key.by {
            GroupKey::Measure(at) => format!("{alias}.m{at}"),
            GroupKey::Group(at) => group_order(sql, &alias, at, &groups[at]),
        };
        order.push(format!("{expression}{} NULLS LAST", if key.descending { " DESC" } else { "" }));
    }
    let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
    let groups = groups.iter().enumerate().map(|(at, known)| match known.place.form {
        Form::Stored(Storage::Reference) => format!("{alias}.g{at}"),
        _ => format!("CAST({alias}.g{at} AS TEXT)"),
    });
    let measures = (0..query.measures.len()).map(|at| format!("CAST({alias}.m{at} AS TEXT)"));
    let columns: Vec<String> = groups.chain(measures).collect();
    let limit = sql.bind(query.limit);
    Ok(format!("SELECT {} FROM ({grouped}) AS {alias}{having}{order} LIMIT {limit}", columns.join(", ")))
}

fn group_order(sql: &mut Sql, alias: &str, at: usize, known: &Known) -> String {
    match &known.shape {
        Shape::Option { order } => {
            let place = Place { expression: format!("{alias}.g{at}"), ..known.place.clone() };
            by_order(sql, &place, order)
        }
        _ if known.sorted.is_some() => format!("{alias}.s{at}"),
        _ => format!("{alias}.g{at}"),
    }
}

/// One measure over the values of a group.
fn measured(dialect: Dialect, at: usize, measure: &Measure) -> String {
    let whole = |sum: String| match dialect {
        Dialect::Sqlite => sum,
        // A sum of 64-bit integers is NUMERIC; a cast refuses what 64 bits do not hold, as SQLite does.
        Dialect::Postgres => format!("({sum})::bigint"),
    };
    match (measure.function, &measure.operand) {
        (Function::Count, None) => "COUNT(*)".to_owned(),
        (Function::Count, Some(_)) => format!("COUNT(v{at})"),
        (Function::Distinct, _) => format!("COUNT(DISTINCT v{at})"),
        (Function::Sum, _) => whole(format!("COALESCE(SUM(v{at}), 0)")),
        (Function::Min, _) => format!("MIN(v{at})"),
        (Function::Max, _) => format!("MAX(v{at})"),
        (Function::Avg, _) => rounded(&whole(format!("SUM(v{at})")), &format!("COUNT(v{at})")),
        (Function::Median, _) => {
            let middle = format!(
                "CASE WHEN r{at} IN ((n{at} + 1) / 2, n{at} / 2 + 1) AND v{at} IS NOT NULL THEN v{at} END"
            );
            rounded(&whole(format!("SUM({middle})")), &format!("COUNT({middle})"))
        }
    }
}

/// The quotient of two integers with two more decimals, halves away from zero: whole part and rest apart, so that
/// nothing leaves 64 bits. Absent where there is nothing.
fn rounded(sum: &str, count: &str) -> String {
    let factor = 10_i64.pow(AVERAGE_DECIMALS);
    format!(
        "(CASE WHEN {count} > 0 THEN ({sum}) / {count} * {factor} + \
         (CASE WHEN {sum} < 0 THEN -1 ELSE 1 END) * ((ABS(({sum}) % {count}) * {factor} * 2 + {count}) / (2 * {count})) END)"
    )
}

/// What a record is grouped by.
fn grouped(sql: &mut Sql, source: &Source, group: &Group, query: &AggregateQuery) -> Result<Known, Error> {
    let place = value(sql, source, &group.operand)?;
    if let Some(by) = group.by {
        let expression = period(sql.dialect, &place, by, &query.offsets)?;
        let place = Place { expression, form: Form::Stored(Storage::Text), sorted: None, nullable: true };
        return Ok(Known { place, shape: Shape::Text, sorted: None });
    }
    let column = &group.operand.column;
    if place.form == Form::Document {
        return Err(Error::Unsupported(format!("grouping by `{}`", column.field)));
    }
    let sorted = place.sorted.clone();
    Ok(Known { place, shape: column.shape.clone(), sorted })
}

/// The value of a record, also at the end of a path; absent where it may not be seen.
fn value(sql: &mut Sql, source: &Source, operand: &Operand) -> Result<Place, Error> {
    let mut place = sql.reached(source, &operand.path, &operand.column)?;
    if let Some(filter) = &operand.visible {
        let visible = condition(sql, source, filter)?;
        place.expression = only(&visible, &place.expression);
        place.sorted = place.sorted.as_deref().map(|sorted| only(&visible, sorted));
    }
    Ok(place)
}

fn only(condition: &str, value: &str) -> String {
    format!("(CASE WHEN {condition} THEN {value} END)")
}

/// How a measure compares with the literals of `having`.
fn measure_form(measure: &Measure, place: Option<&Place>) -> Form {
    let own = place.map_or(Form::Stored(Storage::Integer), |place| place.form);
    match measure.function {
        Function::Count | Function::Distinct => Form::Stored(Storage::Integer),
        Function::Avg | Function::Median => Form::Stored(Storage::Scaled(scale_of(own) + AVERAGE_DECIMALS)),
        _ => own,
    }
}

fn scale_of(form: Form) -> u32 {
    match form {
        Form::Stored(Storage::Scaled(scale)) => scale,
        _ => 0,
    }
}

/// One group as JSON: values in the form of their kinds.
fn answer(row: &Row, query: &AggregateQuery, forms: &[Form]) -> Result<Fields, Error> {
    let names = query.groups.iter().map(|one| &one.name).chain(query.measures.iter().map(|one| &one.name));
    let mut told = Fields::new();
    for (at, (name, form)) in names.zip(forms).enumerate() {
        let value = match form {
            Form::Stored(Storage::Reference) => row.maybe_id(at)?.map(|id| Value::String(id.to_string())),
            form => row.maybe_text(at)?.map(|text| json_of(&text, *form)).transpose()?,
        };
        told.insert(name.clone(), value.unwrap_or(Value::Null));
    }
    Ok(told)
}

fn json_of(text: &str, form: Form) -> Result<Value, Error> {
    let number =
        || text.parse::<i64>().map_err(|_| Error::Damaged(format!("the number {text} of an aggregate")));
    Ok(match form {
        Form::Stored(Storage::Integer) => number()?.into(),
        Form::Stored(Storage::Scaled(scale)) => decimal_text(i128::from(number()?), scale).into(),
        Form::Stored(Storage::Boolean) => (number()? != 0).into(),
        Form::Stored(Storage::Millis) => Timestamp(number()?).to_string().into(),
        _ => text.into(),
    })
}

reads! {
    /// The groups, in order, each with its keys and measures. [`Error::TooLarge`] where a sum leaves 64 bits.
    fn aggregate(query: &AggregateQuery) -> Vec<Fields> = aggregate;
}
