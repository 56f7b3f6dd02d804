//! The runtime itself: what every verb stands on.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use kezhi_plan::app::AppPlan;
use kezhi_plugin::Channels;
use kezhi_store::{Store, StoreConfig};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::depot::{Depot, FileOptions};
use crate::error::Error;
use crate::limit::Limit;
use crate::live::Live;
use crate::outbound::{Allowed, Outbound};
use crate::scripts::{ScriptPool, WorkerCommand};
use crate::seals::{AuditOptions, SealKey};
use crate::secrets::{GivenKeys, SecretKeys};

/// What a workspace needs to start.
#[derive(Debug)]
pub struct RuntimeConfig {
    /// Where its database is.
    pub store: StoreConfig,
    /// Where files lie that belong to the workspace: the outbox folder.
    pub data_dir: PathBuf,
    /// Tells the time.
    pub clock: Clock,
    /// Ways to send messages.
    pub channels: Channels,
    /// How a script worker is started.
    pub worker: WorkerCommand,
    /// What may be left as it is.
    pub options: RuntimeOptions,
}

/// Exports that a person may begin within an hour where no setting says otherwise.
const EXPORTS: u32 = 30;

/// Settings of a workspace that may be left as they are.
#[derive(Debug, Clone, Default)]
pub struct RuntimeOptions {
    /// The keys of secret values; those in the data folder where none are given.
    pub secret_keys: Option<GivenKeys>,
    /// Files.
    pub files: FileOptions,
    /// The audit.
    pub audit: AuditOptions,
    /// How many exports a person may begin within an hour; 30 where nothing is given, 0 for as many as they like.
    pub exports_per_hour: Option<u32>,
    /// Places inside the operator's network that every workspace may call.
    pub outbound_allow: Allowed,
    /// Providers of OpenID Connect with whose accounts people may sign in.
    pub oidc: Vec<crate::people::OidcProvider>,
}

/// One workspace: its store, its live release and the loops over them. Clones share everything.
#[derive(Debug, Clone)]
pub struct Runtime(pub(crate) Arc<Inner>);

/// What the clones of a runtime share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) live: Live,
    pub(crate) clock: Clock,
    pub(crate) channels: Channels,
    pub(crate) scripts: ScriptPool,
    pub(crate) workflows: crate::workflows::Shared,
    /// Rings after every commit that may have left work: events, due timers, messages, stale values.
    pub(crate) wake: Notify,
    /// Rings after every commit that has left a job.
    pub(crate) jobs: Notify,
    pub(crate) directory: crate::people::KeptDirectory,
    pub(crate) sessions: crate::people::KeptSessions,
    pub(crate) tokens: crate::people::KeptTokens,
    pub(crate) attempts: crate::people::SignInAttempts,
    /// Letters about forgotten passwords, by account and by network.
    pub(crate) resets: crate::limits::Hourly,
    pub(crate) policy: crate::people::KeptPolicy,
    pub(crate) oidc: crate::people::Oidc,
    /// Exports that people began.
    pub(crate) exports: crate::limits::Hourly,
    pub(crate) exports_per_hour: u32,
    /// Answers about duplicates that the caller may not read.
    pub(crate) looks: Limit,
    /// Calls that people tried.
    pub(crate) tries: Limit,
    pub(crate) outbound: Outbound,
    /// Refusals that told somebody that a value is taken.
    pub(crate) guesses: Limit,
    pub(crate) secrets: SecretKeys,
    /// What signs checkpoints of the audit.
    pub(crate) seal_key: SealKey,
    /// Where checkpoints of the audit are appended.
    pub(crate) audit_folder: Option<PathBuf>,
    /// Whether nobody both audits and manages.
    pub(crate) separate_duties: bool,
    pub(crate) depot: Depot,
    pub(crate) data_dir: PathBuf,
    /// Works of the loops that failed.
    pub(crate) failing: crate::backoff::Waiting,
    /// Whether the loops were told to end.
    pub(crate) stopping: AtomicBool,
    /// The day on which what reads the day was last derived, as far as this process knows.
    pub(crate) day: parking_lot::Mutex<Option<jiff::civil::Date>>,
}

impl Runtime {
    /// Opens the store, brings its tables up to date and compiles the live release. Starts no loop:
    /// see `Runtime::start`.
    ///
    /// # Errors
    /// The store's own, and [`Error::Definitions`] when the stored release no longer compiles.
    pub async fn open(config: RuntimeConfig) -> Result<Self, Error> {
        let store = Store::open(&config.store).await?;
        let mut tx = store.begin().await?;
        tx.free_answers().await?;
        // Seen by a process that is gone; what lasts is seen again.
        for code in ["loop.failed", "schedule.failed", "channel.failed"] {
            tx.pass_incidents(code, config.clock.now()).await?;
        }
        tx.commit().await?;
        let program = config.worker.program.clone();
        let runtime = Self(Arc::new(Inner {
            store,
            live: Live::default(),
            clock: config.clock,
            channels: config.channels,
            scripts: ScriptPool::new(config.worker),
            workflows: crate::workflows::Shared::default(),
            day: parking_lot::Mutex::default(),
            wake: Notify::new(),
            jobs: Notify::new(),
            directory: crate::people::KeptDirectory::default(),
            sessions: crate::people::KeptSessions::default(),
            tokens: crate::people::KeptTokens::default(),
            attempts: crate::people::SignInAttempts::default(),
            policy: crate::people::KeptPolicy::default(),
            oidc: crate::people::Oidc::new(config.options.oidc),
            depot: Depot::new(&config.data_dir, config.options.files, program),
            resets: crate::limits::Hourly::default(),
            exports: crate::limits::Hourly::default(),
            exports_per_hour: config.options.exports_per_hour.unwrap_or(EXPORTS),
            looks: Limit::default(),
            tries: Limit::default(),
            outbound: Outbound::new(config.options.outbound_allow),
            guesses: Limit::default(),
            secrets: SecretKeys::new(&config.data_dir, config.options.secret_keys),
            seal_key: SealKey::new(&config.data_dir, config.options.audit.key),
            audit_folder: config.options.audit.folder,
            separate_duties: config.options.audit.separate_duties,
            data_dir: config.data_dir,
            failing: crate::backoff::Waiting::default(),
            stopping: AtomicBool::new(false),
        }));
        runtime.load_live_release().await?;
        runtime.drop_what_was_begun().await?;
        Ok(runtime)
    }

    /// The live plan.
    ///
    /// # Errors
    /// [`Error::NoRelease`] on an empty workspace.
    pub fn plan(&self) -> Result<Arc<AppPlan>, Error> {
        self.0.live.plan()
    }

    /// The clock of the workspace.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The folder of the workspace's files.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.0.data_dir
    }
}
