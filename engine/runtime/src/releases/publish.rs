//! Publishing: what was asked for is looked at, then carried out at once or left to a job.

use std::sync::Arc;
use std::time::Duration;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_store::DraftFile;
use kezhi_types::def::files::Folder;
use kezhi_types::{Caller, Id};
use serde::Deserialize;
use serde_json::json;

use super::draft::overlaid;
use super::plan::{CONVERT, DraftPlan};
use super::publication::{Ended, Publication};
use super::told::Told;
use super::{ReleaseView, etag};
use crate::error::Error;
use crate::jobs::JobView;
use crate::runtime::Runtime;

/// What to publish.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublishRequest {
    /// Why.
    pub note: String,
    /// Only these paths of the draft; all when absent.
    pub only: Option<Vec<String>>,
    /// The destructive steps that are meant.
    pub confirm: Vec<String>,
}

/// What came of a publication.
#[derive(Debug)]
pub enum Published {
    /// It is live.
    Live(ReleaseView),
    /// A job does it; its result is the release.
    Job(JobView),
}

/// How a release is restored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RestoreRequest {
    /// The conversions that are meant although they refuse values.
    pub confirm: Vec<String>,
    /// Only says what it would do.
    pub dry_run: bool,
}

/// What came of restoring a release.
#[derive(Debug)]
pub enum Restored {
    /// Nothing was done; this would be.
    Planned(DraftPlan),
    /// It was done, or is.
    Published(Published),
}

/// Records that are filled or turned while a request waits.
const AT_ONCE: i64 = 20_000;
/// Where roles lie: whoever changes one has just proved who they are.
const ROLES: &str = "roles/";
/// How long a request waits for another publication to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl Runtime {
    /// Publishes the draft, or the part of it that is named: at once, or by a job where more than 20,000 records have to be
    /// filled or turned.
    ///
    /// # Errors
    /// Denied without `publish`; diagnostics; `draft.needs_confirm`, `draft.empty`, `draft.conflict`, `draft.publishing`;
    /// `session.prove_again` where a role changes.
    pub async fn publish_draft(&self, caller: &Caller, request: PublishRequest) -> Result<Published, Error> {
        self.require(caller, "publish")?;
        self.refuse_beside_a_job().await?;
        let files = self.0.store.reader().draft_files().await?;
        let wanted = |file: &DraftFile| request.only.as_ref().is_none_or(|only| only.contains(&file.path));
        let files: Vec<DraftFile> = files.into_iter().filter(wanted).collect();
        if files.is_empty() {
            return Err(conflict("draft.empty", "there is nothing in the draft to publish", json!(null)));
        }
        if files.iter().any(|file| file.path.starts_with(ROLES)) {
            self.require_proof(caller)?;
        }
        let base = self.0.live.number();
        let live = self.live_folder();
        let folder = overlaid(live.clone(), &files);
        self.may_make_live(caller, &live, &folder)?;
        refuse_overtaken(&files, &live)?;
        let plan = self.plan_between(caller, (&live, &folder), None).await?;
        refuse_unconfirmed(&plan, &request.confirm)?;
        let publication = Publication { folder, note: request.note, restored_from: None, base, files };
        self.publish(caller, publication).await
    }

    /// Makes a new release with the content of an earlier one. Values that were turned or taken away since, and are still
    /// kept, come back where nobody has changed them.
    ///
    /// # Errors
    /// Denied without `publish`, and as a draft of the files that differ would be; not found; diagnostics;
    /// `draft.needs_confirm` where values have no form in that release.
    pub async fn restore_release(
        &self,
        caller: &Caller,
        number: i64,
        request: RestoreRequest,
    ) -> Result<Restored, Error> {
        self.require(caller, "publish")?;
        let folder = self.release_folder(number).await?;
        // Before what is looked at, so that whoever publishes meanwhile is noticed.
        let base = self.0.live.number();
        let live = self.live_folder();
        self.may_make_live(caller, &live, &folder)?;
        let mut plan = self.plan_between(caller, (&live, &folder), Some(number)).await?;
        if request.dry_run {
            return Ok(Restored::Planned(plan));
        }
        if roles_in(&live) != roles_in(&folder) {
            self.require_proof(caller)?;
        }
        self.refuse_beside_a_job().await?;
        // Whoever restores means what the release takes with it; what cannot come back is told first.
        plan.destructive.retain(|step| step.id.starts_with(CONVERT));
        refuse_unconfirmed(&plan, &request.confirm)?;
        let note = format!("restore release {number}");
        let publication = Publication { folder, note, restored_from: Some(number), base, files: Vec::new() };
        Ok(Restored::Published(self.publish(caller, publication).await?))
    }

    /// Publishes a whole folder, whatever it takes: installing a template.
    ///
    /// # Errors
    /// Diagnostics.
    pub async fn publish_folder(
        &self,
        caller: &Caller,
        folder: Folder,
        note: String,
    ) -> Result<ReleaseView, Error> {
        self.require(caller, "publish")?;
        self.may_make_live(caller, &self.live_folder(), &folder)?;
        self.refuse_beside_a_job().await?;
        self.make_live(caller, folder, (note, None), (self.0.live.number(), &[])).await
    }

    async fn publish(&self, caller: &Caller, publication: Publication) -> Result<Published, Error> {
        let plan = self.compiled_for(publication.folder.clone(), publication.base + 1).await?;
        let ahead = self.work_ahead(&plan, publication.restored_from).await?;
        if ahead > AT_ONCE {
            return Ok(Published::Job(self.enqueue_publication(caller, publication, ahead).await?));
        }
        Ok(Published::Live(self.publish_now(caller, &publication).await?))
    }

    /// `base` is the release that was looked at, `published` the draft files as they were read with it: if either has
    /// moved when the tables are ready, nothing is published.
    pub(super) async fn make_live(
        &self,
        caller: &Caller,
        folder: Folder,
        (note, restored_from): (String, Option<i64>),
        (base, published): (i64, &[DraftFile]),
    ) -> Result<ReleaseView, Error> {
        let publication = Publication { folder, note, restored_from, base, files: published.to_vec() };
        self.publish_now(caller, &publication).await
    }

    async fn publish_now(&self, caller: &Caller, publication: &Publication) -> Result<ReleaseView, Error> {
        let Some(lease) = self.0.store.lease(PATIENCE).await? else {
            return Err(conflict("draft.publishing", "a release is being published", json!(null)));
        };
        let job = Id::new(self.0.clock.now());
        let mut told = Told { job, watched: false, done: 0, total: 0 };
        let outcome = self.carry_release(caller, publication, &mut told).await;
        if outcome.is_err()
            && let Err(error) = self.clear_away().await
        {
            tracing::warn!(%error, "what was begun for a release that did not come is taken away later");
        }
        drop(lease);
        match outcome? {
            Ended::Live(view) => Ok(view),
            Ended::Cancelled | Ended::Later => {
                Err(Error::Internal("a publication that nobody could stop was stopped".into()))
            }
        }
    }

    /// Lets a child compile the scripts of a release before somebody's save has to wait for that.
    pub(super) fn warm_scripts(&self, plan: Arc<AppPlan>) {
        if plan.entities.values().any(|entity| entity.scripted) {
            let runtime = self.clone();
            tokio::spawn(async move { runtime.0.scripts.warm(&plan).await });
        }
    }
}

/// Steps that lose something and were not named.
fn refuse_unconfirmed(plan: &DraftPlan, confirmed: &[String]) -> Result<(), Error> {
    let unconfirmed: Vec<_> = plan.destructive.iter().filter(|step| !confirmed.contains(&step.id)).collect();
    if unconfirmed.is_empty() {
        return Ok(());
    }
    let detail = "these steps lose something and must be confirmed";
    let asked = json!({ "destructive": unconfirmed, "standing": plan.standing, "evolution": plan.evolution });
    Err(conflict("draft.needs_confirm", detail, asked))
}

/// The roles of a folder, path and text.
fn roles_in(folder: &Folder) -> Vec<(&String, &String)> {
    folder.0.iter().filter(|(path, _)| path.starts_with(ROLES)).collect()
}

/// Files that another release has changed since they were begun.
fn refuse_overtaken(files: &[DraftFile], live: &Folder) -> Result<(), Error> {
    let overtaken: Vec<&String> = files
        .iter()
        .filter(|file| live.get(&file.path).map(etag) != file.base_etag)
        .map(|file| &file.path)
        .collect();
    if overtaken.is_empty() {
        return Ok(());
    }
    let detail = "another release has changed files of this draft since they were begun";
    Err(conflict("draft.conflict", detail, json!({ "files": overtaken })))
}

/// Whether records of the entity must be derived again because what derives them has changed.
pub(super) fn derives_anew(old: Option<&AppPlan>, entity: &EntityPlan) -> bool {
    let derived = |entity: &EntityPlan| -> Vec<String> {
        let fields = entity.fields.values().filter(|field| field.is_derived());
        fields
            .map(|field| format!("{:?}{:?}", field.def, field.grade.as_ref().map(|grade| &grade.def)))
            .collect()
    };
    let now = derived(entity);
    let before = old.and_then(|old| old.entity(&entity.key)).map(|entity| derived(entity));
    before.is_some_and(|before| before != now)
}

pub(super) fn conflict(code: &'static str, detail: &str, data: serde_json::Value) -> Error {
    Error::Conflict { code, detail: detail.to_owned(), data }
}
