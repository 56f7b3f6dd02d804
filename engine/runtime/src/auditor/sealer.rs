//! The loop that seals: twice a second what was committed since is hashed and chained.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kezhi_store::Incident;

use crate::audit::seed;
use crate::error::Error;
use crate::runtime::Runtime;

/// How long the sealer sleeps between two passes.
const NAP: Duration = Duration::from_millis(500);
/// How often it looks within a nap whether it is to end.
const BLINK: Duration = Duration::from_millis(50);
/// How long it waits for writers that may still commit a number that was given.
const WAIT: Duration = Duration::from_millis(20);
/// How long it leaves the writer to others between two blocks.
const BREATH: Duration = Duration::from_millis(2);

impl Runtime {
    /// Seals until the loops are told to end, then what is left.
    pub(crate) async fn run_sealer(&self) {
        loop {
            let ends = self.0.stopping.load(Ordering::Relaxed);
            let now = self.0.clock.unmoved();
            if ends || !self.0.failing.is_waiting(SEAL, now) {
                match self.seal_and_sign().await {
                    Ok(()) if self.0.failing.went_well(SEAL) => self.tell(None).await,
                    Ok(()) => {}
                    Err(error) => {
                        tracing::error!(%error, "the audit could not be sealed; it is later");
                        self.0.failing.failed(SEAL, now);
                        self.tell(Some(&error)).await;
                    }
                }
            }
            if ends {
                return;
            }
            let mut slept = Duration::ZERO;
            while slept < NAP && !self.0.stopping.load(Ordering::Relaxed) {
                tokio::time::sleep(BLINK).await;
                slept += BLINK;
            }
        }
    }

    async fn seal_and_sign(&self) -> Result<(), Error> {
        self.seal_pass(false).await?;
        self.sign_in_time().await
    }

    /// Seals what was committed until now. While the loops end, it does not wait for writers unless it is `patient`.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn seal_pass(&self, patient: bool) -> Result<(), Error> {
        let mut horizon = self.0.store.audit_horizon().await?;
        while !horizon.writing.is_empty() {
            if !patient && self.0.stopping.load(Ordering::Relaxed) {
                return Ok(());
            }
            tokio::time::sleep(WAIT).await;
            horizon = self.0.store.still_writing(horizon).await?;
        }
        while self.0.store.seal_some(&horizon, self.0.clock.unmoved(), seed()?).await? > 0 {
            tokio::time::sleep(BREATH).await;
        }
        Ok(())
    }

    /// An incident while sealing fails; it passes when sealing goes on.
    async fn tell(&self, failure: Option<&Error>) {
        let (subject, now) = ("loop:audit", self.0.clock.now());
        let Ok(mut tx) = self.0.store.begin().await else { return };
        let told = match failure {
            Some(error) => {
                let incident = Incident::new("loop.failed", subject.to_owned(), error.to_string(), now);
                tx.open_incident(&incident).await
            }
            None => tx.pass_incident("loop.failed", subject, now).await,
        };
        if told.is_ok() {
            // What cannot be told now is in the log.
            let _ = tx.commit().await;
        }
    }
}

/// The work's name among those that failed.
const SEAL: &str = "audit";
