//! The loops of a workspace: whatever is due is done, one transaction at a time, until nothing is.

use std::time::Duration;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long the loops sleep when nobody rings.
const NAP: Duration = Duration::from_millis(200);
/// How long they let work gather before they look for it: many changes at once then cost one look.
const GATHER: Duration = Duration::from_millis(5);
/// How long they sleep after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Runtime {
    /// Runs until it is dropped.
    pub(crate) async fn run_loops(&self) {
        loop {
            match self.settle_some().await {
                Ok(0) => tokio::select! {
                    () = self.0.wake.notified() => {}
                    () = tokio::time::sleep(NAP) => {}
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the loops of the workspace failed and go on");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    /// Does everything that is due, until nothing is: stale values, events, timers, schedules, messages.
    ///
    /// # Errors
    /// The store's. What was done stays done.
    pub async fn settle(&self) -> Result<(), Error> {
        while self.settle_some().await? > 0 {}
        Ok(())
    }

    /// Does some of what is due; answers how many things it did, 0 when there was nothing.
    async fn settle_some(&self) -> Result<usize, Error> {
        if self.0.live.number() == 0 {
            return Ok(0);
        }
        self.turn_the_day().await?;
        Ok(self.derive_stale().await? + self.work_workflows().await?)
    }
}
