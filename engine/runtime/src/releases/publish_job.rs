//! A publication that takes longer than a request: the job of kind `publish`.

use std::time::Duration;

use kezhi_store::{DraftFile, Job};
use kezhi_types::def::files::Folder;
use kezhi_types::{Caller, Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::publication::{Ended, Publication, kept_since};
use super::publish::conflict;
use super::told::Told;
use crate::error::Error;
use crate::jobs::{JobView, failure, queued};
use crate::runtime::Runtime;

/// The kind of such jobs.
pub(crate) const KIND: &str = "publish";
/// How long a job waits at a time for another publication to end.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long tables that nobody asks are left for questions that are under way, in milliseconds.
const GRACE: i64 = 60_000;

/// What the job is to do.
#[derive(Debug, Serialize, Deserialize)]
struct Spec {
    language: kezhi_types::text::Language,
    folder: Folder,
    note: String,
    restored_from: Option<i64>,
    base: i64,
    total: i64,
    files: Vec<Edit>,
}

/// A draft file as it was read.
#[derive(Debug, Serialize, Deserialize)]
struct Edit {
    path: String,
    text: Option<String>,
    base_etag: Option<String>,
    base_release: i64,
    etag: String,
    by: Id,
    at: Timestamp,
}

impl From<DraftFile> for Edit {
    fn from(file: DraftFile) -> Self {
        let DraftFile { path, text, base_etag, base_release, etag, by, at } = file;
        Self { path, text, base_etag, base_release, etag, by, at }
    }
}

impl From<Edit> for DraftFile {
    fn from(edit: Edit) -> Self {
        let Edit { path, text, base_etag, base_release, etag, by, at } = edit;
        Self { path, text, base_etag, base_release, etag, by, at }
    }
}

impl Runtime {
    /// Refuses while a job publishes: nothing may come between what it has looked at and what it makes live.
    pub(super) async fn refuse_beside_a_job(&self) -> Result<(), Error> {
        match self.publishing().await? {
            Some(id) => {
                Err(conflict("draft.publishing", "a release is being published", json!({ "job": id })))
            }
            None => Ok(()),
        }
    }

    /// The job that publishes, or is to.
    pub(super) async fn publishing(&self) -> Result<Option<Id>, Error> {
        Ok(self.0.store.reader().patient().open_job(KIND).await?)
    }

    /// Leaves a publication to a job.
    pub(super) async fn enqueue_publication(
        &self,
        caller: &Caller,
        publication: Publication,
        total: i64,
    ) -> Result<JobView, Error> {
        let mut job = queued(KIND, "", caller, self.0.clock.now());
        let spec = Spec {
            language: caller.language,
            folder: publication.folder,
            note: publication.note,
            restored_from: publication.restored_from,
            base: publication.base,
            total,
            files: publication.files.into_iter().map(Edit::from).collect(),
        };
        job.spec = serde_json::to_value(spec).map_err(|error| Error::Internal(error.to_string()))?;
        job.total = Some(total);
        let mut tx = self.0.store.begin().await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// Works off a publication until it is live, refused or stopped.
    ///
    /// # Errors
    /// What keeps it from going on for now; it is tried again from where it stands.
    pub(crate) async fn work_publication(&self, id: Id) -> Result<(), Error> {
        let Some(lease) = self.0.store.lease(PATIENCE).await? else { return Ok(()) };
        let job = self.0.store.reader().patient().job(id).await?.filter(|job| !job.state.is_ended());
        let Some(job) = job else {
            // Stopped before anybody saw it, or done by another node.
            self.0.store.drop_evolutions(None).await?;
            return Ok(());
        };
        let outcome = self.publish_job(&job).await;
        match outcome {
            Ok(Ended::Live(_) | Ended::Later) => {}
            Ok(Ended::Cancelled) => self.clear_away().await?,
            Err(error @ (Error::Store(_) | Error::Superseded { .. })) => return Err(error),
            Err(error) => {
                tracing::warn!(%id, %error, "a release was not published");
                self.clear_away().await?;
                let caller = self.starter(&job).await.unwrap_or_else(|_| crate::people::operator());
                self.fail_job(id, failure(&caller, &error)).await?;
            }
        }
        drop(lease);
        Ok(())
    }

    async fn publish_job(&self, job: &Job) -> Result<Ended, Error> {
        let caller = self.starter(job).await?;
        self.require(&caller, "publish")?;
        let spec: Spec = serde_json::from_value(job.spec.clone())
            .map_err(|error| Error::Internal(format!("a job cannot be read: {error}")))?;
        let mut told = Told { job: job.id, watched: true, done: 0, total: spec.total };
        let publication = Publication {
            folder: spec.folder,
            note: spec.note,
            restored_from: spec.restored_from,
            base: spec.base,
            files: spec.files.into_iter().map(DraftFile::from).collect(),
        };
        self.load_live_release().await?;
        self.carry_release(&caller, &publication, &mut told).await
    }

    /// Whoever is told that a job has published asks under its release from then on, whichever process did it.
    pub(crate) async fn hear_of_release(&self, job: &JobView) -> Result<(), Error> {
        let number = job.result["number"].as_i64().filter(|_| job.kind == KIND);
        if number.is_some_and(|number| number > self.0.live.number()) {
            self.load_live_release().await?;
        }
        Ok(())
    }

    /// Takes away what was begun for a release that does not come: tables, triggers, columns.
    pub(super) async fn clear_away(&self) -> Result<(), Error> {
        self.0.store.drop_evolutions(None).await?;
        if let Ok(live) = self.0.live.plan() {
            let layouts: Vec<_> = live.entities.values().map(|entity| entity.layout.clone()).collect();
            self.tidy(&layouts).await;
        }
        Ok(())
    }

    /// After a start: drops what a process that is gone had begun and no job goes on with.
    pub(crate) async fn drop_what_was_begun(&self) -> Result<(), Error> {
        // Another process is at it.
        let Some(lease) = self.0.store.lease(Duration::ZERO).await? else { return Ok(()) };
        let gone = self.0.store.drop_evolutions(self.publishing().await?).await?;
        if gone > 0 {
            tracing::info!(gone, "what was begun for a release that did not come was taken away");
        }
        drop(lease);
        Ok(())
    }

    /// Drops tables that nobody asks any longer, and forgets values that are kept no longer.
    pub(crate) async fn sweep_evolutions(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        self.0.store.drop_retired(now.plus_millis(-GRACE)).await?;
        Ok(self.0.store.sweep_evolved(kept_since(now)).await?)
    }
}
