//! A record given to somebody else, through the one write path.

use kezhi_store::Tx;
use kezhi_types::{Fields, Id, Record};
use serde_json::Value;

use super::change::{Change, WriteContext, Written};
use super::pending::Pending;
use super::write::{entity_of, unique};
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// Gives a record of one person to another; nothing where it is no longer theirs, or in the recycle bin. Rules are heard.
    /// What is asked of the fields today is not: nobody fills them in now, and the record would be left with somebody who
    /// is gone. It is asked of whoever changes the record next.
    ///
    /// # Errors
    /// What a rule says against it; unknown entity.
    pub(crate) async fn give(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (key, id, from, to): (&str, Id, Id, Id),
        pending: &mut Pending,
    ) -> Result<Option<Written>, Error> {
        let stored = tx.lock_record(key, id).await?;
        let theirs = |record: &Record| record.deleted_at.is_none() && record.owner == Some(from);
        let Some(before) = stored.filter(theirs) else { return Ok(None) };
        let fields = Fields::from_iter([("owner".to_owned(), Value::String(to.to_string()))]);
        let change = Change::Update { entity: key.to_owned(), id, fields, version: None };
        match self.write(tx, context, change, pending).await {
            Err(Error::Invalid(found)) if found.0.iter().all(|violation| violation.rule.is_none()) => {
                self.give_as_it_is(tx, context, (before, to), pending).await.map(Some)
            }
            written => written.map(Some),
        }
    }

    /// The same without a judgement of its fields, none of which changes.
    async fn give_as_it_is(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (before, to): (Record, Id),
        pending: &mut Pending,
    ) -> Result<Written, Error> {
        let entity = entity_of(context, &before.entity)?;
        let record = Record {
            owner: Some(to),
            department: self.department_of(tx, context, Some(to)).await?,
            version: before.version + 1,
            updated_at: context.now,
            updated_by: Some(context.caller.id),
            ..before.clone()
        };
        let changed = vec!["owner".to_owned()];
        unique(tx.change_record(&before, &record, &entity.layout).await, &entity)?;
        Self::note(tx, context, Some(&before), &record, &changed).await?;
        pending.feed(context, &entity, (Some(&before), Some(&record)), &changed);
        self.collect_dependents(tx, context, (&entity, record.id), (&changed, pending)).await?;
        Ok(Written { record, before: Some(before), changed, warnings: kezhi_types::Violations::default() })
    }
}
