//! The loop of jobs: those that an earlier process left, and those that come, some at the same time.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use kezhi_types::Id;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::runtime::Runtime;
use crate::{import, jobs};

/// Jobs worked off at the same time.
const AT_ONCE: usize = 4;
/// How often a job may fail for reasons of the store until it is given up.
const TRIES: usize = 30;
/// How long the loop sleeps when nobody rings, and after a failure.
const NAP: Duration = Duration::from_secs(1);

impl Runtime {
    /// Works off jobs until the loops are told to end; a job that is under way then goes on at the next start.
    pub(crate) async fn run_jobs(&self) {
        let (mut held, mut working) = (HashSet::new(), JoinSet::new());
        while !self.0.stopping.load(Ordering::Relaxed) {
            match self.0.store.reader().open_jobs().await {
                Ok(open) => {
                    let here = |(id, kind): &(Id, String)| kind != import::KIND || self.is_import_here(*id);
                    for (id, _) in open.into_iter().filter(here) {
                        if held.len() < AT_ONCE && held.insert(id) {
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

    /// Works off one job until it has ended. What the store refuses for a while is tried again from the checkpoint.
    async fn work_job(&self, id: Id) {
        for attempt in 1.. {
            let Ok(Some(job)) = self.0.store.reader().job(id).await else { return };
            let work = async {
                match job.kind.as_str() {
                    import::KIND => self.work_import(id).await,
                    import::UNDO => self.work_undo(id).await,
                    kind => Err(Error::Internal(format!("nobody knows how to do a job of kind `{kind}`"))),
                }
            };
            let outcome = AssertUnwindSafe(work)
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(Error::Internal("the work on a job panicked".into())));
            let Err(error) = outcome else { return };
            let passing = matches!(error, Error::Store(_) | Error::Superseded { .. });
            if !passing || attempt >= TRIES {
                tracing::warn!(%id, %error, "a job cannot go on");
                let caller = self.starter(&job).await.unwrap_or_else(|_| crate::people::operator());
                if let Err(error) = self.fail_job(id, jobs::failure(&caller, &error)).await {
                    tracing::error!(%id, %error, "a job that failed could not be ended");
                }
                return;
            }
            tracing::warn!(%id, %error, "a job is tried again");
            tokio::time::sleep(NAP).await;
        }
    }
}
