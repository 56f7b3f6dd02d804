//! What the record path asks of workflows.

use kezhi_store::Tx;
use kezhi_types::{Id, Record};
use serde_json::Value;

use crate::error::Error;
use crate::records::WriteContext;
use crate::runtime::Runtime;

impl Runtime {
    /// Refuses a change of a record that an open run has locked, unless the caller may edit in approval.
    ///
    /// # Errors
    /// `record.in_approval` with the run.
    pub(crate) async fn refuse_in_approval(&self, tx: &mut Tx, context: &WriteContext, record: &Record) -> Result<(), Error> {
        let _ = (tx, context, record);
        Ok(())
    }

    /// Ends the open runs of a record that goes to the bin as terminated, inside the transaction.
    pub(crate) async fn end_runs_of(&self, tx: &mut Tx, context: &WriteContext, record: &Record) -> Result<(), Error> {
        let _ = (tx, context, record);
        Ok(())
    }

    /// The runs and tasks of a record as items of its timeline: `{at, kind, by, run, workflow, task?, title?, outcome?}`.
    pub(crate) async fn run_items(&self, record: (&str, Id)) -> Result<Vec<Value>, Error> {
        let _ = record;
        Ok(Vec::new())
    }

    /// Called after another release has become live: schedules follow their definitions.
    pub(crate) async fn released(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Runtime {
    /// Does what is due of events, timers, schedules and messages; answers how many things it did.
    pub(crate) async fn work_workflows(&self) -> Result<usize, Error> {
        Ok(0)
    }
}
