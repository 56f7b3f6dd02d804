//! The loop of jobs: those that an earlier process left, and those that come, some at the same time.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use kezhi_types::Id;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::releases::publish_job;
use crate::runtime::Runtime;
use crate::{duplicates, import, jobs};

/// Jobs worked off at the same time, beside a publication, which waits for none of them.
const AT_ONCE: usize = 4;
/// How often a job may fail in the same place for reasons that pass until it is given up.
const TRIES: u32 = 30;
/// The longest wait for what passes.
const LONGEST_NAP: Duration = Duration::from_secs(60);
/// How long the loop sleeps when nobody rings, and after a failure.
const NAP: Duration = Duration::from_secs(1);

impl Runtime {
    /// Works off jobs until the loops are told to end; a job that is under way then goes on at the next start.
    pub(crate) async fn run_jobs(&self) {
        let (mut held, mut working) = (HashSet::new(), JoinSet::new());
        while !self.0.stopping.load(Ordering::Relaxed) {
            match self.0.store.reader().open_jobs().await {
                Ok(open) => {
                    for (id, kind) in open {
                        let is_here = kind != import::KIND || self.is_import_here(id).await;
                        let has_turn = held.len() < AT_ONCE || kind == publish_job::KIND;
                        if is_here && has_turn && held.insert(id) {
                            let runtime = self.clone();
                            working.spawn(async move {
                                runtime.work_job(id).await;
                                id
                            });
                        }
                    }
                }
                Err(error) => tracing::error!(%error, "jobs cannot be looked for; they are later"),
            }
            tokio::select! {
                Some(Ok(id)) = working.join_next() => { held.remove(&id); }
                () = self.0.jobs.notified() => {}
                () = tokio::time::sleep(NAP) => {}
            }
        }
    }

    /// Works off one job until it has ended. What is refused for a while is tried again from the checkpoint, each time a
    /// little later, and as often as it takes while the job moves.
    async fn work_job(&self, id: Id) {
        let (mut attempt, mut stood) = (0, None);
        loop {
            let Ok(Some(job)) = self.0.store.reader().job(id).await else { return };
            attempt = if stood.as_ref() == Some(&job.checkpoint) { attempt + 1 } else { 1 };
            stood = Some(job.checkpoint.clone());
            let work = async {
                match job.kind.as_str() {
                    import::KIND => self.work_import(id).await,
                    import::UNDO => self.work_undo(id).await,
                    publish_job::KIND => self.work_publication(id).await,
                    duplicates::KIND => self.work_duplicates(id).await,
                    kind => Err(Error::Internal(format!("nobody knows how to do a job of kind `{kind}`"))),
                }
            };
            let outcome = AssertUnwindSafe(work)
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Error::Internal("the work on a job panicked".into())));
            let Err(error) = outcome else { return };
            if !passes(&error) || attempt >= TRIES {
                tracing::warn!(%id, %error, "a job cannot go on");
                let caller = self.starter(&job).await.unwrap_or_else(|_| crate::people::operator());
                if let Err(error) = self.fail_job(id, jobs::failure(&caller, &error)).await {
                    tracing::error!(%id, %error, "a job that failed could not be ended");
                }
                return;
            }
            tracing::warn!(%id, %error, "a job is tried again");
            tokio::time::sleep((NAP * attempt).min(LONGEST_NAP)).await;
        }
    }
}

/// Whether trying again may help: the database is away, another release became live, no script could be started, the key
/// of the secrets is to be put back.
fn passes(error: &Error) -> bool {
    match error {
        Error::Store(_) | Error::Superseded { .. } | Error::NoScripts(_) => true,
        Error::Secret { code, .. } => *code == "secret.key",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_waits_for_what_passes() {
        let secret = |code| Error::Secret { code, detail: String::new() };
        for error in [secret("secret.key"), Error::NoScripts("busy".into()), Error::Superseded { live: 2 }] {
            assert!(passes(&error), "{error}");
        }
        for error in [secret("secret.damaged"), Error::Script("x".into()), Error::BadFile("x".into())] {
            assert!(!passes(&error), "{error}");
        }
    }
}
