//! A slice of an import: some records in the making, stored in one transaction together with what became of each
//! and how far the job is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kezhi_plan::access;
use kezhi_plan::kind;
use kezhi_store::{Job, JobRow, RowFate, Tx};
use kezhi_types::{Entrance, Fields, Id, Record, Timestamp, Violation, Violations};
use serde_json::{Value, json};

use super::columns::OWNER;
use super::files::{self, find_own};
use super::kept::Keeping;
use super::keys::{Importing, Meaning, meanings, no_match, unique_values};
use super::lines::{Line, Reading, Unit};
use super::names::Names;
use super::{Mode, Spec, report};
use crate::error::Error;
use crate::records::{Change, Manner, NewRecord, Pending, Rights, WriteContext, Written, entity_known};
use crate::runtime::Runtime;

/// How often a transaction that may succeed another time is repeated.
const TRIES: usize = 5;

/// What became of one record in the making.
pub(super) enum Fate {
    Created(Box<Written>),
    Updated(Box<Written>),
    Refused(Violations),
}

/// How far one try has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slice {
    Stored,
    /// The job has ended meanwhile.
    Stopped,
    /// Another server has moved the job on meanwhile; look again.
    Moved,
}

/// What a slice adds to what earlier ones have noted.
#[derive(Default)]
struct Noted {
    /// By the place of the line in the slice.
    fates: BTreeMap<usize, Fate>,
    /// Keys and, in a trial, unique values, with the first row that has them.
    keys: Vec<(String, i64)>,
}

impl Runtime {
    /// Stores a slice. `false` when the job has been stopped meanwhile.
    pub(super) async fn store_slice(
        &self,
        (id, spec): (Id, &Spec),
        names: &mut Names,
        (units, total): (&[Unit], Option<i64>),
    ) -> Result<bool, Error> {
        let mut tries = 0;
        loop {
            match self.store_once((id, spec), names, (units, total)).await {
                Ok(Slice::Moved) => {}
                Ok(slice) => return Ok(slice == Slice::Stored),
                Err(error) if tries < TRIES && (is_race(&error) || self.worth_repeating(&error).await?) => {
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn store_once(
        &self,
        (id, spec): (Id, &Spec),
        names: &mut Names,
        (units, total): (&[Unit], Option<i64>),
    ) -> Result<Slice, Error> {
        let Some(job) = self.0.store.reader().job(id).await? else { return Ok(Slice::Stopped) };
        let (plan, caller) = (self.plan()?, self.starter(&job).await?);
        let entity = entity_known(&plan, &caller, &job.entity)?.clone();
        self.may_import(&plan, &caller, (&entity, spec.options.mode()))?;
        let importing = Importing { runtime: self, job: id, spec, caller, plan, entity };
        names.ask_for(&importing.caller);
        names.forget(&importing.entity.key);
        let reading = Reading {
            plan: &importing.plan,
            entity: &importing.entity,
            header: &spec.header,
            clears: spec.options.clear_empty && spec.options.mode() != Mode::Create,
        };
        let lines = reading.lines(names, units).await?;
        let confirmed: BTreeSet<String> = spec.options.confirm.iter().cloned().collect();
        let manner = Manner { confirmed, ..Manner::default() };
        let context = self.context(&importing.caller, Entrance::Import, &manner)?;
        let context = WriteContext { workflows: spec.options.workflows, ..context };
        let mut tx = self.begin(&context).await?;
        let Some(mut job) = tx.lock_job(id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(Slice::Stopped);
        };
        // Another server of the same database may have been here before.
        let reached = job.checkpoint["row"].as_u64().unwrap_or(spec.header.row);
        let done = units.partition_point(|unit| unit.row() <= reached);
        let (units, lines) = (&units[done..], &lines[done..]);
        if units.is_empty() {
            return Ok(Slice::Stored);
        }
        job.total = job.total.or(total);
        let mut pending = Pending::new();
        let noted = self.carry_out(&mut tx, &context, (&importing, lines), &mut pending).await?;
        if spec.options.dry_run {
            tx.rollback().await?;
            tx = self.0.store.begin().await?;
            let now = tx.lock_job(id).await?.filter(|job| !job.state.is_ended());
            if now.is_none_or(|now| now.checkpoint != job.checkpoint) {
                return Ok(Slice::Moved);
            }
        } else {
            self.derive_pending(&mut tx, &context, pending).await?;
        }
        note(&mut tx, (&importing, job), (units, lines), (noted, context.now)).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(Slice::Stored)
    }

    async fn carry_out(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (importing, lines): (&Importing<'_>, &[Line]),
        pending: &mut Pending,
    ) -> Result<Noted, Error> {
        let mut noted = Noted::default();
        let meanings = meanings(tx, importing, lines, &mut noted.keys).await?;
        let mut fresh = Vec::new();
        for (place, (line, meaning)) in lines.iter().zip(meanings).enumerate() {
            let fate = match meaning {
                Meaning::New => {
                    fresh.push((place, line));
                    continue;
                }
                Meaning::Nothing(why) => Fate::Refused(why),
                Meaning::Stored(id) => self.change(tx, context, (importing, line, id), pending).await?,
            };
            noted.fates.insert(place, fate);
        }
        self.create(tx, context, (importing, fresh), (pending, &mut noted)).await?;
        Ok(noted)
    }

    async fn change(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (importing, line, id): (&Importing<'_>, &Line, Id),
        pending: &mut Pending,
    ) -> Result<Fate, Error> {
        if line.problems.0.iter().any(|problem| problem.pointer == "/owner") {
            return Ok(Fate::Refused(Violations::default()));
        }
        let mut fields = line.fields.clone();
        if let Some(owner) = line.owner {
            fields.insert(OWNER.to_owned(), Value::String(owner.to_string()));
        }
        let mut unknown = find_own(&importing.entity, &mut fields, None);
        if !line.tables.is_empty() || !unknown.is_empty() {
            let stored = tx.lock_record(&importing.entity.key, id).await?;
            keep_row_ids(line, stored.as_ref(), &mut fields);
            unknown = find_own(&importing.entity, &mut fields, stored.as_ref());
        }
        let change = Change::Update { entity: importing.entity.key.clone(), id, fields, version: None };
        match self.write(tx, context, change, pending).await {
            Ok(written) => Ok(Fate::Updated(Box::new(written))),
            // Whoever may not see the record is not told that it is there.
            Err(Error::NotFound { kind: "record", .. }) => Ok(Fate::Refused(no_match(importing, line))),
            Err(Error::Invalid(judged)) => Ok(Fate::Refused(files::told(unknown, judged))),
            Err(error) => refusal(error).map(Fate::Refused),
        }
    }

    async fn create(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (importing, lines): (&Importing<'_>, Vec<(usize, &Line)>),
        (pending, noted): (&mut Pending, &mut Noted),
    ) -> Result<(), Error> {
        let taken = taken_in_trial(tx, importing, &lines).await?;
        let mut rows = Vec::with_capacity(lines.len());
        let mut places = Vec::with_capacity(lines.len());
        for (place, line) in lines {
            let owner = line.owner.or(importing.spec.owner);
            let early = early_problems(context, importing, line, (owner, &taken));
            if early.is_empty() {
                rows.push(NewRecord { id: Id::new(context.now), fields: line.fields.clone(), owner });
                places.push((place, line));
            } else {
                noted.fates.insert(place, Fate::Refused(early));
            }
        }
        let outcomes = self.create_many(tx, context, (&importing.entity.key, rows), pending).await?;
        for ((place, line), outcome) in places.into_iter().zip(outcomes) {
            let fate = match outcome {
                Ok(written) => {
                    if importing.spec.options.dry_run {
                        let values = unique_values(importing, &line.fields).into_iter();
                        noted.keys.extend(values.map(|(_, hash)| (hash, line.row.cast_signed())));
                    }
                    Fate::Created(Box::new(written))
                }
                Err(error) => {
                    let unknown = find_own(&importing.entity, &mut line.fields.clone(), None);
                    Fate::Refused(files::told(unknown, refusal(error)?))
                }
            };
            noted.fates.insert(place, fate);
        }
        Ok(())
    }
}

/// A row of a sub-table is the stored row at the same place, so that a file that says what is stored changes nothing.
fn keep_row_ids(line: &Line, stored: Option<&Record>, fields: &mut Fields) {
    for table in line.tables.keys() {
        let known = stored.and_then(|record| record.data.get(table)).and_then(Value::as_array);
        let rows = fields.get_mut(table).and_then(Value::as_array_mut);
        for (row, known) in rows.into_iter().flatten().zip(known.into_iter().flatten()) {
            if let (Some(row), Some(id)) = (row.as_object_mut(), known.get("id")) {
                row.entry("id").or_insert_with(|| id.clone());
            }
        }
    }
}

/// Unique values that rows of this trial would have taken.
async fn taken_in_trial(
    tx: &mut Tx,
    importing: &Importing<'_>,
    lines: &[(usize, &Line)],
) -> Result<HashMap<String, i64>, Error> {
    if !importing.spec.options.dry_run {
        return Ok(HashMap::new());
    }
    let values = lines.iter().flat_map(|(_, line)| unique_values(importing, &line.fields));
    let keys: Vec<String> = values.map(|(_, hash)| hash).collect();
    Ok(tx.job_keys(importing.job, &keys).await?)
}

/// What can be said of a new record without judging it.
fn early_problems(
    context: &WriteContext,
    importing: &Importing<'_>,
    line: &Line,
    (owner, taken): (Option<Id>, &HashMap<String, i64>),
) -> Violations {
    let mut problems = Violations::default();
    let gives_away =
        context.rights == Rights::Caller && owner.is_some_and(|owner| owner != importing.caller.id);
    if gives_away && !access::may_transfer(&importing.plan, &importing.entity, &importing.caller) {
        problems.push(Violation::new("import.not_permitted", "/owner"));
    }
    problems.0.extend(line.problems.0.iter().filter(|problem| problem.pointer == "/owner").cloned());
    for (field, hash) in unique_values(importing, &line.fields) {
        if taken.contains_key(&hash) {
            let title = importing.entity.fields.get(&field).map_or(field.clone(), |plan| plan.title.clone());
            problems
                .push(Violation::new("record.not_unique", kind::pointer("", &field)).with("field", title));
        }
    }
    problems
}

/// Writes down what became of each row and how far the job is.
async fn note(
    tx: &mut Tx,
    (importing, mut job): (&Importing<'_>, Job),
    (units, lines): (&[Unit], &[Line]),
    (noted, now): (Noted, Timestamp),
) -> Result<(), Error> {
    let stores = !importing.spec.options.dry_run;
    let mut counts = report::Counts::of(&job.result);
    let (mut rows, mut keeping) = (Vec::new(), Keeping::of(tx, importing, &job.checkpoint).await);
    for (place, fate) in noted.fates {
        let (unit, line) = (&units[place], &lines[place]);
        counts.add(&fate);
        if let Fate::Created(written) | Fate::Updated(written) = &fate
            && !written.warnings.is_empty()
        {
            counts.warn(report::warned(importing, unit, line, &written.warnings));
        }
        let row = line.row.cast_signed();
        let (fate, record, version, note) = match fate {
            Fate::Created(written) if stores => {
                (RowFate::Created, Some(written.record.id), Some(1), Value::Null)
            }
            Fate::Updated(written) if stores && !written.changed.is_empty() => {
                let changes = report::changes(&importing.entity, &written);
                (RowFate::Updated, Some(written.record.id), Some(written.record.version), changes)
            }
            Fate::Refused(why) => {
                (RowFate::Refused, None, None, report::refused(importing, (unit, line), why, &mut keeping))
            }
            _ => continue,
        };
        rows.push(JobRow { row, fate, record, version, note });
    }
    job.state = kezhi_store::JobState::Running;
    job.done += units.iter().map(|unit| unit.rows.len() as i64).sum::<i64>();
    job.errors += counts.refused;
    counts.put(&mut job.result);
    if let Some(last) = units.last() {
        job.checkpoint = json!({ "row": last.last(), "kept": keeping.kept(), "at": now.0 });
    }
    tx.append_job_rows(importing.job, &rows).await?;
    tx.note_job_keys(importing.job, &noted.keys).await?;
    Ok(tx.save_job(&job).await?)
}

/// What an error says about one row; an error that concerns all of them goes on.
pub(super) fn refusal(error: Error) -> Result<Violations, Error> {
    match error {
        Error::Invalid(violations) => Ok(violations),
        Error::Denied { .. } | Error::NotFound { kind: "record", .. } => {
            Ok(Violation::new("import.not_permitted", "").into())
        }
        Error::Conflict { .. } => Ok(Violation::new("import.conflict", "").into()),
        Error::Script(error) => Ok(Violation::new("script.failed", "").with("error", error).into()),
        error => Err(error),
    }
}

/// Somebody else took a unique value between the question and the write: asked again, the row is refused.
fn is_race(error: &Error) -> bool {
    matches!(error, Error::Store(kezhi_store::Error::NotUnique { .. }))
}
