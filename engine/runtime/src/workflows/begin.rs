//! A new run, inside a transaction: its row, its first visit, and a timer that carries it on.

use kezhi_plan::workflow::{RunSnapshot, WorkflowPlan};
use kezhi_store::Tx;
use kezhi_types::run::{Run, RunState, Timer, TimerKind, Visit};
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::json;

use crate::error::Error;
use crate::runtime::Runtime;

/// Why a run is started.
pub(super) struct Cause {
    /// Unique per workflow; a second run with the same key is not started.
    pub trigger_key: String,
    /// Who set it off, if a person did.
    pub by: Option<Id>,
    /// How many workflow steps lie between a person and it.
    pub depth: u32,
    /// The live release.
    pub release: i64,
    /// The instant.
    pub now: Timestamp,
}

impl Runtime {
    /// Stores a run that stands before its first node; `false` when its trigger key has been used.
    pub(super) async fn begin_run(
        &self,
        tx: &mut Tx,
        workflow: &WorkflowPlan,
        record: &Record,
        cause: Cause,
    ) -> Result<bool, Error> {
        let Cause { trigger_key, by, depth, release, now } = cause;
        let run = Run {
            id: Id::new(now),
            workflow: workflow.key.clone(),
            release,
            entity: record.entity.clone(),
            record: record.id,
            state: RunState::Running,
            initiator: by.filter(|by| *by != Id::SYSTEM).or(record.owner).unwrap_or(Id::SYSTEM),
            trigger_key,
            depth,
            vars: Fields::new(),
            revision: 1,
            steps: 1,
            started_at: now,
            ended_at: None,
        };
        if !tx.insert_run(&run, workflow.settings.lock).await? {
            return Ok(false);
        }
        tx.insert_visit(&Visit {
            run: run.id,
            number: 1,
            node: workflow.def.start.clone(),
            entered_at: now,
            left_at: None,
            outcome: None,
            reason: json!({}),
        })
        .await?;
        self.go_on_later(tx, &RunSnapshot::new(run), now).await?;
        Ok(true)
    }

    /// Arms a timer that is due at once: the run goes on in a transaction of its own.
    pub(super) async fn go_on_later(
        &self,
        tx: &mut Tx,
        rows: &RunSnapshot,
        now: Timestamp,
    ) -> Result<(), Error> {
        let visit = rows.visits.iter().map(|visit| visit.number).max().unwrap_or(1);
        let (id, run, kind) = (Id::new(now), rows.run.id, TimerKind::Continue);
        Ok(tx.arm_timer(&Timer { id, run, visit, task: None, kind, due_at: now }).await?)
    }
}
