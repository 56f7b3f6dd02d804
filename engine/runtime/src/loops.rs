//! The loops of a workspace: whatever is due is done, one transaction at a time, until nothing is. Each work is for
//! itself: one that fails is told, waits and is tried again, while the others go on. Messages have a loop of their own,
//! because the other side may take its time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kezhi_store::Incident;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::runtime::Runtime;

/// How long the loops sleep when nobody rings.
const NAP: Duration = Duration::from_millis(200);
/// How long they let work gather before they look for it: many changes at once then cost one look.
const GATHER: Duration = Duration::from_millis(5);
/// How long they sleep when the database is away.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long the loops may take to end after they were told to.
const FAREWELL: Duration = Duration::from_secs(10);

/// What the loops do, in this order.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// What reads the day is derived again once a day.
    Day,
    /// Derived values that wait.
    Stale,
    /// Events to runs.
    Events,
    /// Runs by the clock.
    Schedules,
    /// Timers of runs.
    Timers,
    /// Runs that wait for nothing; files that nobody holds; what is kept no longer.
    Sweep,
}

impl Work {
    const ALL: [Self; 6] = [Self::Day, Self::Stale, Self::Events, Self::Schedules, Self::Timers, Self::Sweep];

    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Stale => "stale",
            Self::Events => "events",
            Self::Schedules => "schedules",
            Self::Timers => "timers",
            Self::Sweep => "sweep",
        }
    }
}

/// The running loops. Told to end, or dropped, they end behind the transaction or the letter that they are at.
#[derive(Debug)]
pub struct Loops {
    runtime: Runtime,
    tasks: Vec<JoinHandle<()>>,
}

impl Loops {
    /// Tells the loops to end and waits until they have.
    pub async fn stop(mut self) {
        self.runtime.0.stopping.store(true, Ordering::Relaxed);
        for task in std::mem::take(&mut self.tasks) {
            let ends = task.abort_handle();
            if tokio::time::timeout(FAREWELL, task).await.is_err() {
                tracing::warn!("a loop did not end in time; what it was at is found again");
                ends.abort();
            }
        }
    }
}

impl Drop for Loops {
    fn drop(&mut self) {
        self.runtime.0.stopping.store(true, Ordering::Relaxed);
    }
}

impl Runtime {
    /// Starts the loops of the workspace: workflows, timers, stale values; and messages, jobs and the sealer of the audit,
    /// which wait for nobody else.
    /// They end with the returned handle.
    pub fn start(&self) -> Loops {
        self.0.stopping.store(false, Ordering::Relaxed);
        let (works, letters, jobs, sealer) = (self.clone(), self.clone(), self.clone(), self.clone());
        let tasks = vec![
            tokio::spawn(async move { works.run_works().await }),
            tokio::spawn(async move { letters.run_letters().await }),
            tokio::spawn(async move { jobs.run_jobs().await }),
            tokio::spawn(async move { sealer.run_sealer().await }),
        ];
        Loops { runtime: self.clone(), tasks }
    }

    /// Starts the loop of jobs alone, for a command that waits for one.
    pub fn start_jobs(&self) -> Loops {
        self.0.stopping.store(false, Ordering::Relaxed);
        let jobs = self.clone();
        Loops { runtime: self.clone(), tasks: vec![tokio::spawn(async move { jobs.run_jobs().await })] }
    }

    fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Relaxed)
    }

    async fn run_works(&self) {
        while !self.is_stopping() {
            match self.settle_some(false).await {
                Ok((0, _)) => tokio::select! {
                    () = self.0.wake.notified() => {}
                    () = tokio::time::sleep(NAP) => {}
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "nothing can be stored at present; the loops go on later");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
            tokio::time::sleep(GATHER).await;
        }
    }

    async fn run_letters(&self) {
        while !self.is_stopping() {
            match self.send_messages().await {
                Ok(0) => tokio::time::sleep(NAP).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the outbox failed and goes on later");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
    }

    /// Does everything that is due, until nothing is: stale values, events, timers, schedules, messages. What fails
    /// holds up nothing else.
    ///
    /// # Errors
    /// The first failure of the last round. What was done stays done.
    pub async fn settle(&self) -> Result<(), Error> {
        loop {
            let (done, failure) = self.settle_some(true).await?;
            let sent = self.send_messages().await?;
            if done + sent == 0 {
                return failure.map_or(Ok(()), Err);
            }
        }
    }

    /// Does some of what is due; answers how many things it did, 0 when there was nothing, and what failed first.
    /// Work that failed a little ago is passed over unless `all` is wanted.
    ///
    /// # Errors
    /// Only when nothing can be stored at present.
    async fn settle_some(&self, all: bool) -> Result<(usize, Option<Error>), Error> {
        let (mut count, mut failure) = (0, None);
        // Another node may have published; whoever only reads here hears of it now.
        self.load_live_release().await?;
        if self.0.live.number() == 0 {
            return Ok((count, failure));
        }
        for work in Work::ALL {
            let now = self.0.clock.now();
            if !all && (self.is_stopping() || self.0.failing.is_waiting(work.name(), now)) {
                continue;
            }
            match self.do_some(work).await {
                Ok(done) => {
                    count += done;
                    if self.0.failing.went_well(work.name()) {
                        self.pass(work).await?;
                    }
                }
                Err(Error::Store(error)) if error.is_outage() => return Err(error.into()),
                Err(error) if self.worth_repeating(&error).await? => count += 1,
                Err(error) => {
                    tracing::error!(work = work.name(), %error, "a loop of the workspace failed and goes on later");
                    self.0.failing.failed(work.name(), now);
                    self.tell_failure_of(work, &error).await?;
                    failure.get_or_insert(error);
                }
            }
        }
        Ok((count, failure))
    }

    async fn do_some(&self, work: Work) -> Result<usize, Error> {
        match work {
            Work::Day => self.turn_the_day().await.map(|_| 0),
            Work::Stale => self.derive_stale().await,
            Work::Events => self.dispatch_events().await,
            Work::Schedules => self.work_schedules().await,
            Work::Timers => self.fire_timers().await,
            Work::Sweep => {
                self.sweep_files().await?;
                self.sweep_runs().await.map(|()| 0)
            }
        }
    }

    async fn tell_failure_of(&self, work: Work, error: &Error) -> Result<(), Error> {
        let (subject, now) = (format!("loop:{}", work.name()), self.0.clock.now());
        let mut tx = self.0.store.begin().await?;
        tx.open_incident(&Incident::new("loop.failed", subject, error.to_string(), now)).await?;
        Ok(tx.commit().await?)
    }

    async fn pass(&self, work: Work) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.pass_incident("loop.failed", &format!("loop:{}", work.name()), self.0.clock.now()).await?;
        Ok(tx.commit().await?)
    }
}
