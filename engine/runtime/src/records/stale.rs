//! Derived values that wait for a script or for their turn, worked off after the transaction that made them wait.
//!
//! Some at a time in one transaction; where that fails, one by one, so that a record that cannot be derived holds up
//! nobody else: it waits longer each time, and a person is told.

use std::collections::BTreeMap;

use kezhi_store::{Incident, Stale, Tx};
use kezhi_types::{Entrance, Id};
use serde_json::json;

use super::change::WriteContext;
use super::pending::{Pending, Why};
use super::write::entity_of;
use crate::backoff::pause;
use crate::error::Error;
use crate::runtime::Runtime;

/// How many stale records are derived in one transaction.
const BATCH: u32 = 50;
/// What is told of a record that cannot be derived: its script failed, or anything else did.
const CODES: [&str; 2] = ["script.failed", "derive.failed"];

impl Runtime {
    /// Works off some of the records whose derived values wait. Answers how many it took.
    pub(crate) async fn derive_stale(&self) -> Result<usize, Error> {
        let due = self.0.store.reader().stale_due(self.0.clock.now(), BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        match self.derive_some().await {
            Err(Error::Store(error)) if error.is_outage() => Err(error.into()),
            Err(error) if self.worth_repeating(&error).await? => Ok(1),
            Err(error) => {
                tracing::warn!(%error, "some records could not be derived together; they are derived one by one");
                self.derive_one_by_one(due).await
            }
            done => done,
        }
    }

    async fn derive_some(&self) -> Result<usize, Error> {
        let context = self.deriving()?;
        let mut tx = self.begin(&context).await?;
        let waiting = tx.take_stale(context.now, BATCH).await?;
        self.derive_rows(&mut tx, &context, &waiting).await?;
        tx.commit().await?;
        Ok(waiting.len())
    }

    /// Answers how many it derived; those that it could not wait.
    async fn derive_one_by_one(&self, due: Vec<Stale>) -> Result<usize, Error> {
        let mut done = 0;
        for row in due {
            match self.derive_alone(&row).await {
                Ok(()) => done += 1,
                Err(Error::Store(error)) if error.is_outage() => return Err(error.into()),
                Err(error) if self.worth_repeating(&error).await? => return Ok(done + 1),
                Err(error) => self.postpone_record(&row, &error).await?,
            }
        }
        Ok(done)
    }

    async fn derive_alone(&self, row: &Stale) -> Result<(), Error> {
        let context = self.deriving()?;
        let mut tx = self.begin(&context).await?;
        if tx.take_stale_one(row).await? {
            self.derive_rows(&mut tx, &context, std::slice::from_ref(row)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Derives records that were taken, and what follows from them, each as deep as the change that made it stale.
    async fn derive_rows(&self, tx: &mut Tx, context: &WriteContext, rows: &[Stale]) -> Result<(), Error> {
        let mut by_depth = BTreeMap::<u32, Vec<&Stale>>::new();
        for row in rows.iter().filter(|row| context.plan.entity(&row.entity).is_some()) {
            by_depth.entry(row.depth).or_default().push(row);
        }
        for (depth, rows) in by_depth {
            let context = WriteContext { depth, ..context.clone() };
            let mut pending = Pending::new();
            let mut by_entity = BTreeMap::<&str, BTreeMap<Id, Why>>::new();
            for row in &rows {
                by_entity.entry(&row.entity).or_default().insert(row.record, Why::Anything);
            }
            for (key, some) in by_entity {
                let entity = entity_of(&context, key)?;
                self.derive_many(tx, &context, (&entity, &some), &mut pending).await?;
            }
            for row in rows.iter().filter(|row| row.tries > 0) {
                for code in CODES {
                    tx.pass_incident(code, &subject(row), context.now).await?;
                }
            }
            // What follows belongs to the same change.
            let above = WriteContext { depth: depth.saturating_sub(1), ..context };
            self.derive_pending(tx, &above, pending).await?;
        }
        Ok(())
    }

    pub(crate) async fn postpone_record(&self, row: &Stale, error: &Error) -> Result<(), Error> {
        let now = self.0.clock.now();
        tracing::warn!(entity = row.entity, record = %row.record, %error, "a record could not be derived");
        let code = CODES[usize::from(!matches!(error, Error::Script(_)))];
        let mut tx = self.0.store.begin().await?;
        tx.postpone_stale(row, now.plus_millis(pause(row.tries + 1))).await?;
        tx.open_incident(&Incident {
            entity: Some(row.entity.clone()),
            record: Some(row.record),
            context: json!({ "error": error.to_string() }),
            ..Incident::new(code, subject(row), error.to_string(), now)
        })
        .await?;
        Ok(tx.commit().await?)
    }

    fn deriving(&self) -> Result<WriteContext, Error> {
        Ok(WriteContext::system(self.plan()?, "engine", Entrance::Derived, self.0.clock.now(), 0))
    }
}

fn subject(row: &Stale) -> String {
    format!("record:{}/{}", row.entity, row.record)
}
