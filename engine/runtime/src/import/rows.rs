//! Rows into records, a batch a transaction; and what is wrong with them, cell by cell.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::tz::TimeZone;
use kezhi_plan::access;
use kezhi_plan::kind;
use kezhi_store::Tx;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::text::sentence;
use kezhi_types::{Entrance, Fields, Id, Violation, Violations};
use serde_json::Value;

use super::cell;
use super::columns::{Column, OWNER};
use super::names::Names;
use super::sheet::{Cell, Row};
use super::{CellProblem, Imported, Importing, RefusedRow};
use crate::error::Error;
use crate::facts::column_of;
use crate::records::{Change, Manner, NewRecord, Pending, Rights, WriteContext};
use crate::runtime::Runtime;

/// How many rows one transaction takes.
const BATCH: usize = 500;
/// How often a transaction that may succeed another time is repeated.
const TRIES: usize = 5;

/// One row as fields, and what its cells did not say.
#[derive(Clone)]
struct Line {
    row: usize,
    fields: Fields,
    owner: Option<Id>,
    problems: Violations,
}

/// What became of one row.
enum Fate {
    Created,
    Updated,
    Refused(Violations),
}

/// Unique values that rows of a dry run would have taken: `(field, value)`.
type Taken = HashSet<(String, String)>;

impl Runtime {
    /// Stores what can be stored, batch by batch.
    pub(super) async fn import_rows(&self, importing: Importing, rows: Vec<Row>) -> Result<Imported, Error> {
        let rows = &rows[importing.header.above..];
        let columns = &importing.header.columns;
        let mut imported = Imported {
            total: rows.len(),
            mapped: columns.iter().map(|column| (column.header.clone(), column.field.clone())).collect(),
            unmapped: importing.header.unmapped.clone(),
            dry_run: importing.options.dry_run,
            ..Imported::default()
        };
        let mut names = Names::open(self, &importing.caller).await?;
        let mut taken = Taken::new();
        for batch in rows.chunks(BATCH) {
            names.forget(&importing.entity.key);
            let mut lines = Vec::with_capacity(batch.len());
            for (row, cells) in batch.iter().enumerate() {
                lines.push(self.line(&importing, &mut names, (row, cells)).await?);
            }
            let fates = self.store_batch(&importing, &lines, &mut taken).await?;
            for ((row, line), fate) in batch.iter().zip(&lines).zip(fates) {
                match fate {
                    Fate::Created => imported.created += 1,
                    Fate::Updated => imported.updated += 1,
                    Fate::Refused(violations) => {
                        imported.refused.push(refused(&importing, row, line, violations))
                    }
                }
            }
        }
        Ok(imported)
    }

    /// The cells of a row as fields.
    async fn line(
        &self,
        importing: &Importing,
        names: &mut Names,
        (row, cells): (usize, &Row),
    ) -> Result<Line, Error> {
        let zone = TimeZone::get(&importing.plan.zone).unwrap_or(TimeZone::UTC);
        let mut line = Line { row, fields: Fields::new(), owner: None, problems: Violations::default() };
        for column in &importing.header.columns {
            let Some(cell) = cells.cells.get(column.index).filter(|cell| **cell != Cell::Empty) else {
                continue;
            };
            let Some(field) = importing.entity.fields.get(&column.field) else {
                match names.person(&cell::plain(cell)) {
                    Ok(person) => line.owner = Some(person),
                    Err(fault) => line.problems.push(fault.of(&column.header, "/owner")),
                }
                continue;
            };
            let value = match field.kind {
                FieldKind::Person => names.person(&cell::plain(cell)).map(|id| Value::String(id.to_string())),
                FieldKind::People => names.people(&cell::plain(cell)).map(listed),
                FieldKind::Department => {
                    names.department(&cell::plain(cell)).map(|id| Value::String(id.to_string()))
                }
                FieldKind::Departments => names.departments(&cell::plain(cell)).map(listed),
                FieldKind::Relation => {
                    let found = names.record(&importing.plan, field, &cell::plain(cell)).await?;
                    found.map(|id| Value::String(id.to_string()))
                }
                _ => cell::value(field, cell, &zone),
            };
            let value = value.unwrap_or_else(|fault| {
                line.problems.push(fault.at(field));
                // A value of no kind that the field takes: the judgement of the row refuses it and goes on.
                if field.kind == FieldKind::Boolean {
                    Value::String(cell::plain(cell))
                } else {
                    Value::Bool(false)
                }
            });
            line.fields.insert(column.field.clone(), value);
        }
        Ok(line)
    }

    async fn store_batch(
        &self,
        importing: &Importing,
        lines: &[Line],
        taken: &mut Taken,
    ) -> Result<Vec<Fate>, Error> {
        let mut tries = 0;
        loop {
            let outcome = self.store_once(importing, lines, taken).await;
            match outcome {
                Err(error) if tries < TRIES && (is_race(&error) || self.worth_repeating(&error).await?) => {
                    tries += 1
                }
                outcome => return outcome,
            }
        }
    }

    async fn store_once(
        &self,
        importing: &Importing,
        lines: &[Line],
        taken: &mut Taken,
    ) -> Result<Vec<Fate>, Error> {
        let confirmed: BTreeSet<String> = importing.options.confirm.iter().cloned().collect();
        let manner = Manner { confirmed, ..Manner::default() };
        let context = self.context(&importing.caller, Entrance::Import, &manner)?;
        let context = WriteContext { workflows: importing.options.workflows, ..context };
        let mut tx = self.begin(&context).await?;
        let mut pending = Pending::new();
        let mut fates: BTreeMap<usize, Fate> = BTreeMap::new();
        let mut fresh = Vec::new();
        for line in lines {
            match self.stored_as(&mut tx, importing, line).await? {
                Some(id) => {
                    let fate = self.change(&mut tx, &context, (importing, line, id), &mut pending).await?;
                    fates.insert(line.row, fate);
                }
                None => fresh.push(line),
            }
        }
        self.create(&mut tx, &context, (importing, fresh, taken), (&mut pending, &mut fates)).await?;
        if importing.options.dry_run {
            tx.rollback().await?;
        } else {
            self.derive_pending(&mut tx, &context, pending).await?;
            tx.commit().await?;
            self.0.wake.notify_one();
        }
        Ok(fates.into_values().collect())
    }

    /// The record that a row means, where a key is given.
    async fn stored_as(&self, tx: &mut Tx, importing: &Importing, line: &Line) -> Result<Option<Id>, Error> {
        let Some(key) = &importing.options.key else { return Ok(None) };
        let (Some(field), Some(value)) = (importing.entity.fields.get(key), line.fields.get(key)) else {
            return Ok(None);
        };
        let Some(column) = column_of(&importing.entity, key) else { return Ok(None) };
        Ok(tx.taken(&importing.entity.key, &column, &kind::unique_key(field, value), None).await?)
    }

    async fn change(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (importing, line, id): (&Importing, &Line, Id),
        pending: &mut Pending,
    ) -> Result<Fate, Error> {
        let mut fields = line.fields.clone();
        if let Some(owner) = line.owner {
            fields.insert(OWNER.to_owned(), Value::String(owner.to_string()));
        }
        if line.problems.0.iter().any(|problem| problem.pointer == "/owner") {
            return Ok(Fate::Refused(Violations::default()));
        }
        let change = Change::Update { entity: importing.entity.key.clone(), id, fields, version: None };
        match self.write(tx, context, change, pending).await {
            Ok(_) => Ok(Fate::Updated),
            Err(error) => refusal(error).map(Fate::Refused),
        }
    }

    async fn create(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (importing, lines, taken): (&Importing, Vec<&Line>, &mut Taken),
        (pending, fates): (&mut Pending, &mut BTreeMap<usize, Fate>),
    ) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(lines.len());
        let mut places = Vec::with_capacity(lines.len());
        for line in lines {
            let owner = line.owner.or(importing.owner);
            let early = early_problems(context, importing, line, (owner, taken));
            let id = Id::new(context.now);
            if early.is_empty() {
                rows.push(NewRecord { id, fields: line.fields.clone(), owner });
                places.push(line);
            } else {
                fates.insert(line.row, Fate::Refused(early));
            }
        }
        let outcomes = self.create_many(tx, context, (&importing.entity.key, rows), pending).await?;
        for (line, outcome) in places.into_iter().zip(outcomes) {
            let fate = match outcome {
                Ok(_) => {
                    if importing.options.dry_run {
                        taken.extend(unique_values(importing, &line.fields));
                    }
                    Fate::Created
                }
                Err(violations) => Fate::Refused(violations),
            };
            fates.insert(line.row, fate);
        }
        Ok(())
    }
}

fn listed(ids: Vec<Id>) -> Value {
    ids.into_iter().map(|id| Value::String(id.to_string())).collect()
}

/// What can be said of a new record without judging it.
fn early_problems(
    context: &WriteContext,
    importing: &Importing,
    line: &Line,
    (owner, taken): (Option<Id>, &Taken),
) -> Violations {
    let mut problems = Violations::default();
    let gives_away =
        context.rights == Rights::Caller && owner.is_some_and(|owner| owner != importing.caller.id);
    if gives_away && !access::may_transfer(&importing.plan, &importing.entity, &importing.caller) {
        problems.push(Violation::new("import.not_permitted", "/owner"));
    }
    problems.0.extend(line.problems.0.iter().filter(|problem| problem.pointer == "/owner").cloned());
    for (field, value) in unique_values(importing, &line.fields) {
        if taken.contains(&(field.clone(), value)) {
            let title = importing.entity.fields.get(&field).map_or(field.clone(), |plan| plan.title.clone());
            problems
                .push(Violation::new("record.not_unique", kind::pointer("", &field)).with("field", title));
        }
    }
    problems
}

fn unique_values(importing: &Importing, fields: &Fields) -> Vec<(String, String)> {
    let unique = importing.entity.fields.values().filter(|field| field.def.unique);
    unique
        .filter_map(|field| {
            let value = fields.get(&field.key)?;
            Some((field.key.clone(), kind::unique_key(field, value).to_string()))
        })
        .collect()
}

/// What an error says about one row; an error that concerns all of them goes on.
fn refusal(error: Error) -> Result<Violations, Error> {
    match error {
        Error::Invalid(violations) => Ok(violations),
        Error::Denied { .. } | Error::NotFound { kind: "record", .. } => {
            Ok(Violation::new("import.not_permitted", "").into())
        }
        Error::Conflict { .. } => Ok(Violation::new("import.conflict", "").into()),
        error => Err(error),
    }
}

/// Somebody else took a unique value between the question and the write: asked again, the row is refused.
fn is_race(error: &Error) -> bool {
    matches!(error, Error::Store(kezhi_store::Error::NotUnique { .. }))
}

/// A refused row with everything that is wrong, what its cells did not say before what was judged of them.
fn refused(importing: &Importing, row: &Row, line: &Line, judged: Violations) -> RefusedRow {
    let known: HashSet<&str> = line.problems.0.iter().map(|problem| problem.pointer.as_str()).collect();
    let judged = judged.0.into_iter().filter(|violation| !known.contains(violation.pointer.as_str()));
    let by_field: HashMap<&str, &Column> =
        importing.header.columns.iter().map(|column| (column.field.as_str(), column)).collect();
    let mut problems = Vec::new();
    for violation in line.problems.0.iter().cloned().chain(judged) {
        let field = violation.pointer.split('/').nth(1).unwrap_or_default();
        let column = by_field.get(field);
        let cell = column.and_then(|column| row.cells.get(column.index)).filter(|cell| **cell != Cell::Empty);
        let message = sentence(importing.caller.language, &violation.code, &violation.args);
        problems.push(CellProblem {
            column: column.map(|column| column.letters()),
            header: column.map(|column| column.header.clone()),
            value: cell.map(cell::plain),
            code: violation.code,
            pointer: violation.pointer,
            message: violation.message.unwrap_or(message),
        });
    }
    RefusedRow { row: row.number, problems }
}
