//! Timers that are due: each is fired in the transaction that moves its run. A run that cannot be moved is
//! tried again later and told as an incident; the others do not wait for it.

use futures_util::StreamExt as _;
use kezhi_store::Incident;
use kezhi_types::Timestamp;
use kezhi_types::run::Timer;
use serde_json::json;

use super::step::Push;
use crate::backoff::pause;
use crate::error::Error;
use crate::runtime::Runtime;

/// Timers claimed at a time.
const BATCH: u32 = 500;
/// Runs moved at the same time; their commits share one write of the disk.
const AT_ONCE: usize = 16;
/// What is told of a run that cannot be moved.
const FAILED: &str = "run.failed_step";

impl Runtime {
    /// Fires what is due; answers how many timers moved their run.
    ///
    /// # Errors
    /// Only when nothing can be stored at present.
    pub(crate) async fn fire_timers(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let due = self.0.store.reader().due_timers(now, BATCH).await?;
        let fired = futures_util::stream::iter(due)
            .map(|(timer, tries)| async move { self.fire(timer, tries, now).await })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut count = 0;
        for outcome in fired {
            count += usize::from(outcome?);
        }
        Ok(count)
    }

    async fn fire(&self, timer: Timer, tries: u32, now: Timestamp) -> Result<bool, Error> {
        match self.push(timer.run, Push::Timer(timer.clone())).await {
            Ok(_) if tries == 0 => Ok(true),
            Ok(_) => {
                let mut tx = self.0.store.begin().await?;
                tx.pass_incident(FAILED, &format!("run:{}", timer.run), now).await?;
                tx.commit().await?;
                Ok(true)
            }
            // Without the store nothing can be told either; the loops go on later.
            Err(Error::Store(error)) if error.is_outage() => Err(error.into()),
            Err(error) => {
                tracing::warn!(run = %timer.run, %error, "a run could not be moved");
                self.postpone(&timer, tries, &error, now).await?;
                Ok(false)
            }
        }
    }

    async fn postpone(&self, timer: &Timer, tries: u32, error: &Error, now: Timestamp) -> Result<(), Error> {
        let run = timer.run;
        let mut tx = self.0.store.begin().await?;
        tx.postpone_timer(timer.id, now.plus_millis(pause(tries.saturating_add(1)))).await?;
        tx.open_incident(&Incident {
            run: Some(run),
            context: json!({ "error": error.to_string() }),
            ..Incident::new(FAILED, format!("run:{run}"), error.to_string(), now)
        })
        .await?;
        Ok(tx.commit().await?)
    }
}
