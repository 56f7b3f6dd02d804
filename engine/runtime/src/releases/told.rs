//! How far a publication is: told to its job, where it has one, and what both leave behind in the transaction that makes the
//! release live.

use std::sync::atomic::Ordering;

use kezhi_store::{JobState, Tx};
use kezhi_types::{Id, Timestamp};
use serde_json::json;

use super::publication::{Ended, Publication};
use super::publish::conflict;
use super::{ReleaseView, etag};
use crate::error::Error;
use crate::runtime::Runtime;

/// Who is told how far it is: a job, or nobody.
#[derive(Debug)]
pub(super) struct Told {
    /// Names what is begun for it.
    pub job: Id,
    pub watched: bool,
    pub done: i64,
    pub total: i64,
}

impl Runtime {
    /// Notes progress; says how it ended where it did.
    pub(super) async fn moved(&self, told: &mut Told, by: i64) -> Result<Option<Ended>, Error> {
        told.done += by;
        if !told.watched {
            return Ok(None);
        }
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = tx.lock_job(told.job).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(Some(Ended::Cancelled));
        };
        job.state = JobState::Running;
        job.done = told.done.min(told.total);
        job.total = Some(told.total);
        tx.save_job(&job).await?;
        tx.commit().await?;
        Ok(self.0.stopping.load(Ordering::Relaxed).then_some(Ended::Later))
    }
}

/// Takes the edits that are published out of the draft.
pub(super) async fn take_edits(
    tx: &mut Tx,
    publication: &Publication,
    (release, watched): (i64, bool),
) -> Result<(), Error> {
    for file in &publication.files {
        if tx.take_draft_file(file).await? {
            continue;
        }
        if !watched {
            let detail = "somebody has just changed a file that was about to be published";
            return Err(conflict("draft.stale", detail, json!({ "files": [file.path] })));
        }
        // Whoever went on editing while the job was at work edits what it has published.
        let base = file.text.as_deref().map(etag);
        tx.rebase_draft_file(&file.path, base.as_deref(), release).await?;
    }
    Ok(())
}

/// Notes the release as what came of the job; `false` when somebody has stopped it.
pub(super) async fn close_job(
    tx: &mut Tx,
    told: &Told,
    view: &ReleaseView,
    at: Timestamp,
) -> Result<bool, Error> {
    let Some(mut job) = tx.lock_job(told.job).await?.filter(|job| !job.state.is_ended()) else {
        return Ok(false);
    };
    job.state = JobState::Done;
    job.done = told.done.max(told.total);
    job.total = Some(job.done);
    job.result = json!({ "number": view.number, "at": view.at, "note": view.note });
    job.ended_at = Some(at);
    tx.save_job(&job).await?;
    Ok(true)
}
