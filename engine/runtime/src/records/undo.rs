//! A batch taken back: what it created goes to the recycle bin, what it changed gets its former values, what it deleted comes
//! back. Record by record, the last changed first, in one transaction, with the caller's rights; a record that has changed
//! since stays as it is and is named. What was done is a batch again, so it can be taken back too.

use std::collections::HashMap;

use kezhi_plan::access::FieldRights;
use kezhi_plan::app::EntityPlan;
use kezhi_store::{Batch as BatchRow, HistoryEntry, HistoryKind, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Fields, Id, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batch::result_of;
use super::change::{Change, Rights, WriteContext};
use super::pending::Pending;
use super::verbs::{Manner, TRIES, spawned};
use super::write::entity_of;
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::runtime::Runtime;

/// Changes that are read at once.
const PAGE: u32 = 1000;
/// Changes of a record that are looked at to find out whether a person has worked on it since.
const CHANGES: u32 = 100;

/// What became of an undo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undone {
    /// How many records are as they were before the batch.
    pub undone: usize,
    /// Those that stayed as they are.
    pub skipped: Vec<Skipped>,
    /// What the undo itself is taken back by; none where it changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Id>,
}

/// A record that stayed as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// The entity of the record, which may be another than the batch's.
    #[serde(default)]
    pub entity: String,
    /// The record.
    pub id: Id,
    /// Why: `record.changed_since`, `record.not_found`, `access.denied`, or what stands against the change.
    pub code: String,
}

/// What a batch did to one record, the last change first.
pub(super) struct Done {
    pub entity: String,
    pub id: Id,
    pub changes: Vec<HistoryEntry>,
}

/// An undo on its way.
struct Undoing {
    context: WriteContext,
    /// What is taken back.
    batch: BatchRow,
    /// What it is itself.
    own: Id,
}

impl Runtime {
    /// Takes a batch of the caller's back, as far as nobody has changed its records since.
    ///
    /// Rights are those that the caller has now; of what a deletion took along the records of other entities come back with
    /// it, as they went. Workflows do not hear of it, and rules that ask for a confirmation do not ask.
    ///
    /// # Errors
    /// Not found; `batch.undone`. What stands against a record is said in the answer.
    pub async fn undo_batch(&self, caller: &Caller, id: Id, once: Option<Once>) -> Result<Undone, Error> {
        if let Some(done) = once.as_ref().and_then(Once::done) {
            return serde_json::from_value(done.clone())
                .map_err(|error| Error::Internal(format!("a kept undo cannot be read: {error}")));
        }
        let (runtime, caller) = (self.clone(), caller.clone());
        spawned(async move {
            let mut tries = 0;
            loop {
                match runtime.undo_batch_once(&caller, id, once.as_ref()).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    async fn undo_batch_once(&self, caller: &Caller, id: Id, once: Option<&Once>) -> Result<Undone, Error> {
        let context = self.context(caller, Entrance::Batch, &Manner::default())?;
        let context = WriteContext { workflows: false, ..context.confirming_all() };
        let mut tx = self.begin(&context).await?;
        let batch = tx.lock_batch(id).await?.filter(|batch| batch.by == caller.id || caller.is_unlimited());
        let batch = batch.ok_or_else(|| Error::NotFound { kind: "batch", key: id.to_string() })?;
        if batch.undone_at.is_some() {
            let detail = format!("the batch {id} has been taken back already");
            return Err(Error::Conflict { code: "batch.undone", detail, data: Value::Null });
        }
        let own = self.batch_id(once);
        let (entity, at) = (batch.entity.clone(), context.now);
        tx.begin_batch(&BatchRow { id: own, entity, by: caller.id, at, undone_at: None }).await?;
        let done = done_by(&mut tx, id).await?;
        let undoing = Undoing { context, batch, own };
        let mut undone = Undone { undone: 0, skipped: Vec::new(), batch: None };
        for one in &done {
            match self.one_undone(&mut tx, &undoing, one).await? {
                None => undone.undone += 1,
                Some(_) if undoing.is_follower(one) && !undoing.knows(&mut tx, one).await? => {}
                Some(code) => undone.skipped.push(Skipped { entity: one.entity.clone(), id: one.id, code }),
            }
        }
        undone.batch = (undone.undone > 0).then_some(own);
        tx.note_batch_undone(id, undoing.context.now).await?;
        settle(once, &mut tx, &serde_json::to_value(&undone).unwrap_or_default()).await?;
        tx.commit().await?;
        self.0.wake.notify_one();
        Ok(undone)
    }

    /// Takes back what was done to one record, or nothing of it and says why.
    async fn one_undone(&self, tx: &mut Tx, undoing: &Undoing, done: &Done) -> Result<Option<String>, Error> {
        tx.mark().await?;
        let mut pending = Pending::new();
        let outcome = match self.record_undone(tx, undoing, done, &mut pending).await {
            Ok(None) => self.derive_pending(tx, &undoing.context, pending).await.map(|()| None),
            other => other,
        };
        match outcome {
            Ok(None) => {
                tx.keep().await?;
                Ok(None)
            }
            Ok(Some(code)) => {
                tx.back().await?;
                Ok(Some(code.to_owned()))
            }
            Err(Error::UnknownEntity(_)) => {
                tx.back().await?;
                Ok(Some("record.not_found".to_owned()))
            }
            Err(error) => {
                let refused = result_of(0, Err(error))?;
                tx.back().await?;
                let first = refused.violations.as_ref().and_then(|all| all.0.first());
                let code = first.map(|violation| violation.code.to_string());
                Ok(code.or(refused.code))
            }
        }
    }

    async fn record_undone(
        &self,
        tx: &mut Tx,
        undoing: &Undoing,
        done: &Done,
        pending: &mut Pending,
    ) -> Result<Option<&'static str>, Error> {
        let context = undoing.context_of(done);
        let subject = (done.entity.as_str(), done.id);
        if undoing.moved_since(tx, done).await? {
            return Ok(Some("record.changed_since"));
        }
        for entry in &done.changes {
            let Some(record) = tx.lock_record(subject.0, subject.1).await? else {
                return Ok(Some("record.not_found"));
            };
            match (entry.row.kind, record.deleted_at.is_some()) {
                (HistoryKind::Deleted, true) => self.restore_in(tx, &context, subject).await?,
                (HistoryKind::Created | HistoryKind::Restored, false) => {
                    self.delete_in(tx, &context, subject, None).await?;
                }
                (HistoryKind::Updated, false) => {
                    let entity = entity_of(&context, subject.0)?;
                    let rights = undoing.rights_on(tx, (&context, &entity), &record).await?;
                    let Some(rights) = rights else { return Ok(Some("record.not_found")) };
                    match former(&entity, rights.as_deref(), &record, entry) {
                        Err(code) => return Ok(Some(code)),
                        Ok(fields) if fields.is_empty() => {}
                        Ok(fields) => {
                            let fields = self.unsealed(&entity, done.id, fields)?;
                            let (entity, id) = (done.entity.clone(), done.id);
                            let change = Change::Update { entity, id, fields, version: None };
                            self.write(tx, &context, change, pending).await?;
                        }
                    }
                }
                (HistoryKind::Derived, _) => {}
                _ => return Ok(Some("record.changed_since")),
            }
        }
        Ok(None)
    }
}

impl Undoing {
    /// Whether the record was not named by the batch but went along with one that was.
    fn is_follower(&self, done: &Done) -> bool {
        done.entity != self.batch.entity
    }

    /// What went along came along with full rights, and goes back with them.
    fn context_of(&self, done: &Done) -> WriteContext {
        let rights = if self.is_follower(done) { Rights::Full } else { self.context.rights.clone() };
        WriteContext { rights, ..self.context.clone() }
    }

    /// Whether the caller may read a record at all.
    async fn knows(&self, tx: &mut Tx, done: &Done) -> Result<bool, Error> {
        let Ok(entity) = entity_of(&self.context, &done.entity) else { return Ok(false) };
        let Some(record) = tx.get_record(&done.entity, done.id).await? else { return Ok(false) };
        Ok(self.rights_on(tx, (&self.context, &entity), &record).await?.is_some())
    }

    /// What may be read of the record: nothing, everything (`Some(None)`), or by field.
    #[allow(clippy::option_option, reason = "nothing and everything are two things")]
    async fn rights_on(
        &self,
        tx: &mut Tx,
        (context, entity): (&WriteContext, &EntityPlan),
        record: &Record,
    ) -> Result<Option<Option<std::sync::Arc<FieldRights>>>, Error> {
        if context.rights == Rights::Full {
            return Ok(Some(None));
        }
        let circumstances = context.circumstances(RuleOperation::Update);
        let seen = Runtime::seen_in(tx, (&context.plan, entity), record, &circumstances).await?;
        Ok(seen.map(Some))
    }

    /// Whether anybody but the engine has worked on a record that the batch created or deleted. What was changed is
    /// compared field by field.
    async fn moved_since(&self, tx: &mut Tx, done: &Done) -> Result<bool, Error> {
        let whole = |entry: &&HistoryEntry| entry.row.kind != HistoryKind::Updated;
        let Some(since) = done.changes.iter().filter(whole).map(|entry| entry.seq).max() else {
            return Ok(false);
        };
        let later = tx.history(&done.entity, done.id, None, CHANGES).await?;
        let by_engine = |entrance: Entrance| {
            matches!(entrance, Entrance::Workflow | Entrance::Derived | Entrance::Template)
        };
        let ours = |batch: Option<Id>| batch == Some(self.batch.id) || batch == Some(self.own);
        // With whom a record is shared is nothing that the record holds.
        let shares = |kind: HistoryKind| matches!(kind, HistoryKind::Shared | HistoryKind::Unshared);
        let others = |entry: &HistoryEntry| {
            !ours(entry.batch) && !by_engine(entry.row.entrance) && !shares(entry.row.kind)
        };
        let is_long = later.len() >= CHANGES as usize && later.last().is_some_and(|entry| entry.seq > since);
        Ok(is_long || later.iter().take_while(|entry| entry.seq > since).any(others))
    }
}

/// What a batch did, by record; the record that was changed last comes first.
pub(super) async fn done_by(tx: &mut Tx, batch: Id) -> Result<Vec<Done>, Error> {
    let mut done: Vec<Done> = Vec::new();
    let mut places: HashMap<(String, Id), usize> = HashMap::new();
    let mut before = None;
    loop {
        let entries = tx.batch_changes(batch, before, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(done) };
        before = Some(last.seq);
        for entry in entries {
            let key = (entry.row.entity.clone(), entry.row.record);
            let place = *places.entry(key.clone()).or_insert_with(|| {
                done.push(Done { entity: key.0, id: key.1, changes: Vec::new() });
                done.len() - 1
            });
            done[place].changes.push(entry);
        }
    }
}

/// The values that the fields of a change had before it; refused where they have others by now, or where the caller may
/// not read one: part of a change is not taken back.
fn former(
    entity: &EntityPlan,
    rights: Option<&FieldRights>,
    record: &Record,
    entry: &HistoryEntry,
) -> Result<Fields, &'static str> {
    let mut fields = Fields::new();
    for change in &entry.row.changes {
        if entity.fields.get(&change.field).is_none_or(|field| field.is_derived()) {
            continue;
        }
        if rights.is_some_and(|rights| !rights.may_read(&change.field)) {
            return Err("record.cannot_undo");
        }
        if record.value(&change.field).unwrap_or(&Value::Null) != &change.to {
            return Err("record.changed_since");
        }
        fields.insert(change.field.clone(), change.from.clone());
    }
    Ok(fields)
}
