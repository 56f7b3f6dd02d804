//! The loops of a workspace: whatever is due is done, one transaction at a time, until nothing is.

use std::time::Duration;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long the loops sleep when nobody rings.
const NAP: Duration = Duration::from_millis(200);
/// How long they sleep after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Runtime {
    /// Runs until it is dropped.
    pub(crate) async fn run_loops(&self) {
        loop {
            if let Err(error) = self.settle().await {
                tracing::error!(%error, "the loops of the workspace failed and go on");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
            tokio::select! {
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(NAP) => {}
            }
        }
    }

    /// Does everything that is due, until nothing is: stale values, events, timers, schedules, messages.
    ///
    /// # Errors
    /// The store's. What was done stays done.
    pub async fn settle(&self) -> Result<(), Error> {
        if self.0.live.number() == 0 {
            return Ok(());
        }
        loop {
            self.turn_the_day().await?;
            let derived = self.derive_stale().await?;
            let worked = self.work_workflows().await?;
            if derived + worked == 0 {
                return Ok(());
            }
        }
    }
}
