//! Liveness: a run that is not over has an open task, an armed timer or an open incident. Whatever violates it
//! becomes an incident, never silence.

use std::sync::atomic::{AtomicI64, Ordering};

use kezhi_store::Incident;
use kezhi_types::Id;
use serde_json::json;

use crate::error::Error;
use crate::runtime::Runtime;

/// How often it is proved, in milliseconds.
const EVERY: i64 = 60_000;
/// How many runs are told at a time.
const BATCH: u32 = 100;

/// When it was last proved.
#[derive(Debug, Default)]
pub(super) struct LastSweep(AtomicI64);

impl Runtime {
    /// Finds runs that wait for nothing, once a minute.
    pub(super) async fn sweep_runs(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        let last = self.0.workflows.sweep.0.load(Ordering::Relaxed);
        if now.0 < last.saturating_add(EVERY) {
            return Ok(());
        }
        self.0.workflows.sweep.0.store(now.0, Ordering::Relaxed);
        let stuck = self.0.store.reader().stuck_runs(BATCH).await?;
        if stuck.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        for run in stuck {
            tx.open_incident(&Incident {
                id: Id::new(now),
                code: "run.stuck".to_owned(),
                subject: format!("run:{}", run.id),
                detail: format!("a run of {} waits for nothing", run.workflow),
                run: Some(run.id),
                node: None,
                entity: Some(run.entity),
                record: Some(run.record),
                context: json!({ "state": run.state }),
                opened_at: now,
                seen_at: now,
                times: 1,
                resolved_at: None,
                resolved_by: None,
                resolution: None,
            })
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
