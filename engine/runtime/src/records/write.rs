//! A change, judged and written inside a transaction. The one write path: whoever changes a record comes
//! through [`Runtime::write`].

use std::collections::BTreeSet;
use std::sync::Arc;

use kezhi_plan::access::{self, Action};
use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::Judged;
use kezhi_plan::record;
use kezhi_store::{HistoryChange, HistoryRow, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Event, EventKind, Fields, Id, Record, Violation, Violations};
use serde_json::Value;

use super::change::{Change, Rights, WriteContext, Written};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::JudgeQuestion;

/// Records of other entities that must be derived again before the transaction ends.
pub(crate) type Pending = BTreeSet<(String, Id)>;

impl Runtime {
    /// Writes one change and everything that follows from it. For whoever already holds a transaction.
    pub(crate) async fn apply(&self, tx: &mut Tx, context: &WriteContext, change: Change) -> Result<Written, Error> {
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
            Change::Create { entity, id, fields } => self.write_new(tx, context, &entity, id, fields, pending).await,
            Change::Update { entity, id, fields, version } => {
                let entity = entity_of(context, &entity)?;
                let before = tx.lock_record(&entity.key, id).await?.filter(|record| record.deleted_at.is_none());
                let before = before.ok_or_else(|| Error::no_record(id))?;
                self.write_over(tx, context, before, (fields, version), pending).await
            }
        }
    }

    async fn write_new(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        entity: &str,
        id: Option<Id>,
        fields: Fields,
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        let entity = entity_of(context, entity)?;
        if context.rights == Rights::Caller {
            access::check_create(&context.plan, &entity, &context.caller)?;
        }
        let (fields, owner) = self.admitted(context, &entity, None, fields)?;
        let (judged, circumstances) = self.judged(tx, context, &entity, None, fields).await?;
        let id = id.unwrap_or_else(|| Id::new(context.now));
        let owner = match owner {
            Some(owner) => Some(owner),
            None => entity.owner.then_some(context.caller.id).filter(|id| *id != Id::SYSTEM),
        };
        let department = match owner {
            Some(owner) => tx.department_of(owner).await?,
            None => None,
        };
        let blank = Record {
            id,
            entity: entity.key.clone(),
            version: 1,
            created_at: context.now,
            created_by: Some(context.caller.id),
            updated_at: context.now,
            updated_by: Some(context.caller.id),
            owner,
            department,
            deleted_at: None,
            data: Fields::new(),
            derived: Fields::new(),
            stale: Vec::new(),
        };
        let warnings = judged.warnings.clone();
        let changed: Vec<String> =
            judged.data.iter().chain(judged.derived.iter()).map(|(key, _)| key.clone()).collect();
        let record = judged.apply(blank);
        if context.rights == Rights::Caller {
            access::check_created(&context.plan, &entity, &record, &circumstances)?;
        }
        unique(tx.insert_record(&record, &entity.layout).await, &entity)?;
        self.note(tx, context, None, &record, &changed).await?;
        collect_feeds(&entity, None, Some(&record), &changed, pending);
        Ok(Written { record, before: None, changed, warnings })
    }

    async fn write_over(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        before: Record,
        (fields, version): (Fields, Option<i64>),
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        let entity = entity_of(context, &before.entity)?;
        let circumstances = context.circumstances(RuleOperation::Update);
        if context.rights == Rights::Caller {
            access::check_update(&context.plan, &entity, &before, &circumstances)?;
            self.refuse_in_approval(tx, context, &before).await?;
        }
        if let Some(given) = version.filter(|given| *given != before.version) {
            return Err(Error::stale(&before, given));
        }
        let (fields, owner) = self.admitted(context, &entity, Some(&before), fields)?;
        let (judged, _) = self.judged(tx, context, &entity, Some(&before), fields).await?;
        let warnings = judged.warnings.clone();
        let authored = !judged.changed.is_empty() || owner.is_some_and(|owner| Some(owner) != before.owner);
        let mut changed = judged.changed.clone();
        changed.extend(judged.changed_derived.iter().cloned());
        if changed.is_empty() && !authored {
            return Ok(Written { record: before.clone(), before: Some(before), changed, warnings });
        }
        let mut record = judged.apply(before.clone());
        if authored {
            record.version += 1;
            record.updated_at = context.now;
            record.updated_by = Some(context.caller.id);
        }
        if let Some(owner) = owner {
            record.owner = Some(owner);
            record.department = tx.department_of(owner).await?;
            changed.push("owner".to_owned());
        }
        unique(tx.update_record(&record, &entity.layout).await, &entity)?;
        self.note(tx, context, Some(&before), &record, &changed).await?;
        collect_feeds(&entity, Some(&before), Some(&record), &changed, pending);
        Ok(Written { record, before: Some(before), changed, warnings })
    }

    /// What of an input may be judged at all: system keys split off, fields without a right refused.
    fn admitted(
        &self,
        context: &WriteContext,
        entity: &EntityPlan,
        before: Option<&Record>,
        fields: Fields,
    ) -> Result<(Fields, Option<Id>), Error> {
        let (fields, owner) = record::system_keys(fields, before)?;
        if owner.is_some() && !entity.owner {
            return Err(Violations::from(Violation::new("record.unknown_field", "/owner").with("field", "owner")).into());
        }
        let rights = match &context.rights {
            Rights::Full => return Ok((fields, owner)),
            Rights::Caller => access::field_rights(&context.plan, entity, &context.caller),
            Rights::Task(rights) => access::FieldRights::of_task(entity, rights),
        };
        let may_transfer = matches!(&context.rights, Rights::Caller)
            && access::may_transfer(&context.plan, entity, &context.caller);
        let own = owner.is_none_or(|owner| owner == context.caller.id || before.is_some_and(|b| b.owner == Some(owner)));
        if !own && !may_transfer {
            return Err(Error::denied(Action::Transfer.as_str(), &entity.key));
        }
        access::check_input(entity, &rights, before, &fields).into_result()?;
        Ok((fields, owner))
    }

    /// The judgement of a create or update, with the store's answers gathered inside the transaction.
    async fn judged(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        entity: &Arc<EntityPlan>,
        before: Option<&Record>,
        input: Fields,
    ) -> Result<(Judged, kezhi_plan::facts::Circumstances), Error> {
        let operation = if before.is_some() { RuleOperation::Update } else { RuleOperation::Create };
        let circumstances = context.circumstances(operation);
        let facts = self.facts_in(tx, &context.plan, entity, before, &input, &circumstances).await?;
        if !entity.scripted {
            let judged = record::judge(&context.plan, entity, before, input, &facts, &circumstances)?;
            return Ok((judged, circumstances));
        }
        let question = JudgeQuestion {
            entity: entity.key.clone(),
            before: before.cloned(),
            input,
            facts,
            circumstances: circumstances.clone(),
        };
        Ok((self.judge_in_child(&context.plan, question).await?, circumstances))
    }

    /// History and events of a record that was written.
    pub(super) async fn note(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        before: Option<&Record>,
        record: &Record,
        changed: &[String],
    ) -> Result<(), Error> {
        let changes = changes(before, record, changed);
        let kind = if before.is_some() { EventKind::RecordUpdated } else { EventKind::RecordCreated };
        tx.append_history(&HistoryRow {
            entity: record.entity.clone(),
            record: record.id,
            version: record.version,
            at: context.now,
            by: context.caller.id,
            by_name: context.caller.name.clone(),
            entrance: context.entrance,
            release: context.plan.release,
            kind: kind.as_str().to_owned(),
            changes: changes.clone(),
        })
        .await?;
        let event = event(context, kind, record, &changes);
        tx.append_event(&event).await?;
        self.note_grades(tx, context, record, &changes).await
    }

    /// `grade_changed` for each grade whose letter moved.
    async fn note_grades(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        record: &Record,
        changes: &[HistoryChange],
    ) -> Result<(), Error> {
        let Some(entity) = context.plan.entity(&record.entity) else { return Ok(()) };
        for change in changes {
            let graded = entity.fields.get(&change.field).is_some_and(|field| field.grade.is_some());
            let letter = |value: &Value| value.get("letter").cloned().unwrap_or(Value::Null);
            if graded && letter(&change.from) != letter(&change.to) {
                let one = std::slice::from_ref(change);
                tx.append_event(&event(context, EventKind::GradeChanged, record, one)).await?;
            }
        }
        Ok(())
    }
}

/// The entity a context knows by this key.
pub(super) fn entity_of(context: &WriteContext, key: &str) -> Result<Arc<EntityPlan>, Error> {
    context.plan.entity(key).cloned().ok_or_else(|| Error::UnknownEntity(key.to_owned()))
}

/// Adds the records whose derived fields read what has changed.
pub(super) fn collect_feeds(
    entity: &EntityPlan,
    before: Option<&Record>,
    after: Option<&Record>,
    changed: &[String],
    pending: &mut Pending,
) {
    for feed in &entity.feeds {
        let whole = before.is_none() || after.is_none();
        let matters = whole || changed.iter().any(|field| *field == feed.via || feed.reads.contains(field));
        if !matters {
            continue;
        }
        for record in [before, after].into_iter().flatten() {
            if let Some(parent) = record.data.get(&feed.via).and_then(Value::as_str).and_then(|id| id.parse().ok()) {
                pending.insert((feed.entity.clone(), parent));
            }
        }
    }
}

/// A unique index that refused is a violation of the field.
fn unique(result: Result<(), kezhi_store::Error>, entity: &EntityPlan) -> Result<(), Error> {
    match result {
        Err(kezhi_store::Error::NotUnique { field, .. }) => {
            let title = entity.fields.get(&field).map_or(field.clone(), |plan| plan.title.clone());
            Err(Violations::from(Violation::new("record.not_unique", format!("/{field}")).with("field", title)).into())
        }
        other => Ok(other?),
    }
}

fn changes(before: Option<&Record>, after: &Record, changed: &[String]) -> Vec<HistoryChange> {
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

pub(super) fn event(context: &WriteContext, kind: EventKind, record: &Record, changes: &[HistoryChange]) -> Event {
    Event {
        id: Id::new(context.now),
        kind,
        at: context.now,
        entity: record.entity.clone(),
        record: record.id,
        changed: changes.iter().map(|change| change.field.clone()).collect(),
        before: changes.iter().map(|change| (change.field.clone(), change.from.clone())).collect(),
        after: changes.iter().map(|change| (change.field.clone(), change.to.clone())).collect(),
        by: context.caller.id,
        entrance: context.entrance,
        release: context.plan.release,
        depth: context.depth,
        workflows: context.workflows,
    }
}
