//! Timers that are due: each is fired in the transaction that moves its run. A run that cannot be moved is
//! tried again later and told as an incident; the others do not wait for it.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use kezhi_store::Incident;
use kezhi_types::run::Timer;
use kezhi_types::{Id, Timestamp};
use parking_lot::Mutex;
use serde_json::json;

use super::step::Push;
use crate::error::Error;
use crate::runtime::Runtime;

/// Timers claimed at a time.
const BATCH: u32 = 500;
/// Runs moved at the same time; their commits share one write of the disk.
const AT_ONCE: usize = 16;
/// The longest time between two tries, in milliseconds.
const LONGEST: i64 = 3_600_000;

/// Timers whose run could not be moved: how often it failed, and when it is tried again.
#[derive(Debug, Default)]
pub(super) struct Postponed(Mutex<BTreeMap<Id, (u32, Timestamp)>>);

impl Postponed {
    fn is_waiting(&self, timer: Id, now: Timestamp) -> bool {
        self.0.lock().get(&timer).is_some_and(|(_, until)| *until > now)
    }

    fn postpone(&self, timer: Id, now: Timestamp) {
        let mut all = self.0.lock();
        let failures = all.get(&timer).map_or(1, |(failures, _)| failures + 1);
        let pause = 1_000_i64.saturating_mul(1 << failures.min(20)).min(LONGEST);
        all.insert(timer, (failures, now.plus_millis(pause)));
    }

    fn forget(&self, timer: Id) {
        self.0.lock().remove(&timer);
    }
}

impl Runtime {
    /// Fires what is due; answers how many timers moved their run.
    pub(super) async fn fire_timers(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let due = self.0.store.reader().due_timers(now, BATCH).await?;
        let ready = due.into_iter().filter(|timer| !self.0.workflows.timers.is_waiting(timer.id, now));
        let fired = futures_util::stream::iter(ready)
            .map(|timer| async move { self.fire(timer, now).await })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut count = 0;
        for outcome in fired {
            count += usize::from(outcome?);
        }
        Ok(count)
    }

    async fn fire(&self, timer: Timer, now: Timestamp) -> Result<bool, Error> {
        let (id, run) = (timer.id, timer.run);
        match self.push(run, Push::Timer(timer)).await {
            Ok(_) => {
                self.0.workflows.timers.forget(id);
                Ok(true)
            }
            // Without the store nothing can be told either; the loops go on later.
            Err(error @ Error::Store(_)) => Err(error),
            Err(error) => {
                tracing::warn!(%run, %error, "a run could not be moved");
                self.0.workflows.timers.postpone(id, now);
                self.tell_failure(run, &error, now).await?;
                Ok(false)
            }
        }
    }

    async fn tell_failure(&self, run: Id, error: &Error, now: Timestamp) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.open_incident(&Incident {
            id: Id::new(now),
            code: "run.failed_step".to_owned(),
            subject: format!("run:{run}"),
            detail: error.to_string(),
            run: Some(run),
            node: None,
            entity: None,
            record: None,
            context: json!({ "error": error.to_string() }),
            opened_at: now,
            seen_at: now,
            times: 1,
            resolved_at: None,
            resolved_by: None,
            resolution: None,
        })
        .await?;
        Ok(tx.commit().await?)
    }
}
