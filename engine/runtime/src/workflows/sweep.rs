//! Liveness: a run that is not over has an open task, an armed timer or an open incident. Whatever violates it
//! becomes an incident, never silence. And retention: traces of work that is done are not kept for ever.

use std::sync::atomic::{AtomicI64, Ordering};

use kezhi_store::{Incident, Trace};
use serde_json::json;

use crate::error::Error;
use crate::runtime::Runtime;

/// How often it is proved, in milliseconds.
const EVERY: i64 = 60_000;
/// How many runs are told at a time.
const BATCH: u32 = 100;
/// How often traces are forgotten, in milliseconds: once a day.
const NIGHTLY: i64 = 24 * 3_600_000;
/// How many traces are forgotten in one transaction, so that nobody waits long for it.
const FORGOTTEN: u32 = 2_000;
/// How long the traces of work that is done are kept, in milliseconds.
const fn kept(trace: Trace) -> i64 {
    let days = match trace {
        Trace::Event | Trace::Timer => 30,
        Trace::Message | Trace::Incident => 180,
    };
    days * 24 * 3_600_000
}

/// When it was last done.
#[derive(Debug, Default)]
pub(super) struct LastSweep {
    proved: AtomicI64,
    forgot: AtomicI64,
}

impl Runtime {
    /// Finds runs that wait for nothing, once a minute, and forgets what is kept no longer, once a day.
    pub(crate) async fn sweep_runs(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        let last = &self.0.workflows.sweep;
        if now.0 >= last.forgot.load(Ordering::Relaxed).saturating_add(NIGHTLY) {
            self.forget_traces().await?;
            last.forgot.store(now.0, Ordering::Relaxed);
        }
        if now.0 < last.proved.load(Ordering::Relaxed).saturating_add(EVERY) {
            return Ok(());
        }
        last.proved.store(now.0, Ordering::Relaxed);
        self.sweep_evolutions().await?;
        let stuck = self.0.store.reader().patient().stuck_runs(BATCH).await?;
        if stuck.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        for run in stuck {
            let detail = format!("a run of {} waits for nothing", run.workflow);
            tx.open_incident(&Incident {
                run: Some(run.id),
                entity: Some(run.entity),
                record: Some(run.record),
                context: json!({ "state": run.state }),
                ..Incident::new("run.stuck", format!("run:{}", run.id), detail, now)
            })
            .await?;
        }
        Ok(tx.commit().await?)
    }

    async fn forget_traces(&self) -> Result<(), Error> {
        self.forget_answers().await?;
        self.forget_jobs().await?;
        let now = self.0.clock.now();
        for trace in Trace::ALL {
            loop {
                let mut tx = self.0.store.begin().await?;
                let gone = tx.forget(trace, now.plus_millis(-kept(trace)), FORGOTTEN).await?;
                tx.commit().await?;
                if gone < u64::from(FORGOTTEN) {
                    break;
                }
            }
        }
        Ok(())
    }
}
