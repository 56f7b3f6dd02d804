//! A change, judged and written inside a transaction. The one write path: whoever changes a record comes
//! through [`Runtime::write`].

use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, Facts, Judged};
use kezhi_plan::record;
use kezhi_plan::workflow::start;
use kezhi_store::{Change as HistoryChange, HistoryKind, HistoryRow, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Entrance, Event, EventKind, Fields, Id, Record, Violation, Violations};
use serde_json::Value;

use super::admit::{Admitted, together};
use super::change::{Change, Rights, WriteContext, Written};
use super::create::NewRecord;
use super::pending::Pending;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::JudgeQuestion;

impl Runtime {
    /// Writes one change and everything that follows from it. For whoever already holds a transaction.
    pub(crate) async fn apply(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        change: Change,
    ) -> Result<Written, Error> {
        let mut pending = Pending::new();
        let written = self.write(tx, context, change, &mut pending).await?;
        self.derive_pending(tx, context, pending).await?;
        Ok(written)
    }

    /// Judges and writes one change; what follows for other records is left in `pending`.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        change: Change,
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        match change {
            Change::Create { entity, id, fields } => {
                self.write_new(tx, context, (&entity, id, fields), pending).await
            }
            Change::Update { entity, id, fields, version } => {
                let entity = entity_of(context, &entity)?;
                let before =
                    tx.lock_record(&entity.key, id).await?.filter(|record| record.deleted_at.is_none());
                let before = before.ok_or_else(|| Error::no_record(id))?;
                self.write_over(tx, context, (before, fields, version), pending).await
            }
        }
    }

    /// One new record, as [`Runtime::create_many`] makes many.
    async fn write_new(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, id, fields): (&str, Option<Id>, Fields),
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        let entity = entity_of(context, key)?;
        let id = id.unwrap_or_else(|| Id::new(context.now));
        let row = NewRecord { id, fields, owner: None };
        let outcomes = self.create_many(tx, context, (key, vec![row]), pending).await;
        let outcome = not_unique(outcomes, &entity)?.pop();
        outcome.unwrap_or_else(|| Err(Error::Internal("a new record has no outcome".into())))
    }

    async fn write_over(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (before, fields, version): (Record, Fields, Option<i64>),
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        let entity = entity_of(context, &before.entity)?;
        let circumstances = context.circumstances(RuleOperation::Update);
        if context.rights == Rights::Caller {
            Self::permit(tx, context, Action::Update, &before, &circumstances).await?;
            self.refuse_in_approval(tx, context, &before).await?;
        }
        if let Some(given) = version.filter(|given| *given != before.version) {
            return Err(stale(tx, context, (&entity, &before), given).await?);
        }
        let Admitted { mut fields, owner, notes, mut refused } =
            Self::admitted(tx, context, &entity, (Some(&before), fields)).await?;
        let files =
            Self::find_files(tx, context, (&entity, Some(&before)), (&mut fields, &mut refused)).await?;
        let judged = together(refused, self.judged(tx, context, (&entity, &before), fields).await)?;
        let mut warnings = joined(notes, &judged);
        let authored = !judged.changed.is_empty() || owner.is_some_and(|owner| Some(owner) != before.owner);
        let mut changed = judged.changed.clone();
        changed.extend(judged.changed_derived.iter().cloned());
        if changed.is_empty() && !authored {
            return Ok(Written { record: before.clone(), before: Some(before), changed, warnings });
        }
        let mut record = judged.apply(before.clone());
        self.seal(tx, &entity, &mut record).await?;
        warnings.0.extend(Self::meet_changed(tx, context, (&entity, &record), &changed).await?.0);
        if authored {
            record.version += 1;
            record.updated_at = context.now;
            record.updated_by = Some(context.caller.id);
        }
        if let Some(owner) = owner {
            record.owner = Some(owner);
            record.department = self.department_of(tx, context, Some(owner)).await?;
            changed.push("owner".to_owned());
        }
        unique(tx.change_record(&before, &record, &entity.layout).await, &entity)?;
        Self::hold_files(tx, (&entity, &files), (Some(&before), &record)).await?;
        Self::note(tx, context, Some(&before), &record, &changed).await?;
        pending.feed(context, &entity, (Some(&before), Some(&record)), &changed);
        self.collect_dependents(tx, context, (&entity, record.id), (&changed, pending)).await?;
        Ok(Written { record, before: Some(before), changed, warnings })
    }

    /// Refuses an action on a record that the caller's roles do not reach; what they may not even read is not there.
    pub(super) async fn permit(
        tx: &mut Tx,
        context: &WriteContext,
        action: Action,
        record: &Record,
        circumstances: &Circumstances,
    ) -> Result<(), Error> {
        let entity = entity_of(context, &record.entity)?;
        let mut facts = Facts::default();
        for action in [action, Action::Read] {
            for _ in 0..crate::facts::ROUNDS {
                let needs = access::needs(&context.plan, &entity, action, (record, &facts), circumstances);
                if needs.is_empty() {
                    break;
                }
                Self::answer_in(tx, &entity, Some(record.id), needs, &mut facts).await?;
            }
        }
        let plan = &context.plan;
        if action != Action::Create {
            access::check(plan, &entity, Action::Read, (record, &facts), circumstances)
                .map_err(|_| Error::no_record(record.id))?;
        }
        Ok(access::check(plan, &entity, action, (record, &facts), circumstances)?)
    }

    pub(super) async fn department_of(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        owner: Option<Id>,
    ) -> Result<Option<Id>, Error> {
        match owner {
            None => Ok(None),
            Some(owner) if owner == context.caller.id => Ok(context.caller.department),
            Some(owner) => Ok(tx.user(owner).await?.and_then(|user| user.department)),
        }
    }

    /// The judgement of an update, with the store's answers gathered inside the transaction.
    async fn judged(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (entity, before): (&EntityPlan, &Record),
        input: Fields,
    ) -> Result<Judged, Error> {
        let circumstances = context.circumstances(RuleOperation::Update);
        let before = Some(before);
        let known = (Facts::default(), &circumstances);
        let held = Self::lock_parents(tx, context, (entity, before), &[&input], known).await?;
        let facts = Self::facts_in(tx, entity, (before, &input), held, &circumstances).await?;
        if !entity.scripted {
            return Ok(record::judge(entity, before, input, &facts, &circumstances)?);
        }
        let (entity, before) = (entity.key.clone(), before.cloned());
        let question = JudgeQuestion { entity, before, input, facts, circumstances };
        self.judge_in_child(context, question).await
    }

    /// History and events of a record that was written.
    pub(super) async fn note(
        tx: &mut Tx,
        context: &WriteContext,
        before: Option<&Record>,
        record: &Record,
        changed: &[String],
    ) -> Result<(), Error> {
        let (row, events) = noted(context, before, record, changed);
        tx.append_history(&row).await?;
        Ok(tx.append_events(&events).await?)
    }
}

/// What history and workflows are told of a record that was written; `before` is none for a new one.
pub(super) fn noted(
    context: &WriteContext,
    before: Option<&Record>,
    record: &Record,
    changed: &[String],
) -> (HistoryRow, Vec<Event>) {
    let changes = history_changes(before, record, changed);
    let (kind, written) = match before {
        _ if context.entrance == Entrance::Derived => (EventKind::RecordUpdated, HistoryKind::Derived),
        Some(_) => (EventKind::RecordUpdated, HistoryKind::Updated),
        None => (EventKind::RecordCreated, HistoryKind::Created),
    };
    let mut events = vec![event(context, kind, record, &changes)];
    events.extend(graded(context, record, &changes));
    (context.history(record, written, changes), events)
}

/// `grade_changed` for each grade whose letter moved.
fn graded(context: &WriteContext, record: &Record, changes: &[HistoryChange]) -> Vec<Event> {
    let Some(entity) = context.plan.entity(&record.entity) else { return Vec::new() };
    let letter = |value: &Value| value.get("letter").cloned().unwrap_or(Value::Null);
    let moved = |change: &&HistoryChange| {
        let graded = entity.fields.get(&change.field).is_some_and(|field| field.grade.is_some());
        graded && letter(&change.from) != letter(&change.to)
    };
    let one = |change| event(context, EventKind::GradeChanged, record, std::slice::from_ref(change));
    changes.iter().filter(moved).map(one).collect()
}

/// What the caller is told of a write that succeeds.
pub(super) fn joined(mut notes: Violations, judged: &Judged) -> Violations {
    notes.0.extend(judged.warnings.0.iter().cloned());
    notes
}

/// The entity a context knows by this key.
pub(crate) fn entity_of(context: &WriteContext, key: &str) -> Result<Arc<EntityPlan>, Error> {
    context.plan.entity(key).cloned().ok_or_else(|| Error::UnknownEntity(key.to_owned()))
}

/// Somebody saved in between; with the record as the caller may see it.
pub(super) async fn stale(
    tx: &mut Tx,
    context: &WriteContext,
    (entity, before): (&EntityPlan, &Record),
    given: i64,
) -> Result<Error, Error> {
    let circumstances = context.circumstances(RuleOperation::Update);
    let seen = Runtime::seen_in(tx, (&context.plan, entity), before, &circumstances).await?;
    let rights = seen.ok_or_else(|| Error::no_record(before.id))?;
    Ok(Error::Stale { stored: Box::new(access::visible(entity, before.flat(), &rights)), given })
}

/// A unique index that refused is a violation of the field.
pub(super) fn unique(result: Result<(), kezhi_store::Error>, entity: &EntityPlan) -> Result<(), Error> {
    not_unique(result.map_err(Error::from), entity)
}

fn not_unique<T>(result: Result<T, Error>, entity: &EntityPlan) -> Result<T, Error> {
    match result {
        Err(Error::Store(kezhi_store::Error::NotUnique { field, .. })) => {
            let title = entity.fields.get(&field).map_or(field.clone(), |plan| plan.title.clone());
            Err(Violations::from(
                Violation::new("record.not_unique", format!("/{field}")).with("field", title),
            )
            .into())
        }
        other => other,
    }
}

fn history_changes(before: Option<&Record>, after: &Record, changed: &[String]) -> Vec<HistoryChange> {
    let value = |record: &Record, field: &str| match field {
        "owner" => record.owner.map_or(Value::Null, |id| Value::String(id.to_string())),
        _ => record.value(field).cloned().unwrap_or(Value::Null),
    };
    changed
        .iter()
        .map(|field| HistoryChange {
            field: field.clone(),
            from: before.map_or(Value::Null, |before| value(before, field)),
            to: value(after, field),
        })
        .collect()
}

/// What workflows are told. Where none of them listens, the event says no more than what changed and waits for nobody.
pub(super) fn event(
    context: &WriteContext,
    kind: EventKind,
    record: &Record,
    changes: &[HistoryChange],
) -> Event {
    let mut event = Event {
        id: Id::new(context.now),
        kind,
        at: context.now,
        entity: record.entity.clone(),
        record: record.id,
        changed: changes.iter().map(|change| change.field.clone()).collect(),
        before: Fields::new(),
        after: Fields::new(),
        by: context.caller.id,
        entrance: context.entrance,
        release: context.plan.release,
        depth: context.depth,
        workflows: context.workflows,
    };
    event.workflows = start::heard(context.plan.workflows.values().map(Arc::as_ref), &event);
    if event.workflows {
        event.before = changes.iter().map(|change| (change.field.clone(), change.from.clone())).collect();
        event.after = changes.iter().map(|change| (change.field.clone(), change.to.clone())).collect();
    }
    event
}
