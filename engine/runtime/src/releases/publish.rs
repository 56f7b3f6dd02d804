//! Making a release live: tables first, then one transaction, then the plan is swapped whole.

use std::sync::Arc;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_store::DraftFile;
use kezhi_store::releases::Release;
use kezhi_types::Caller;
use kezhi_types::def::files::Folder;
use serde::Deserialize;
use serde_json::json;

use super::draft::overlaid;
use super::{ReleaseView, etag};
use crate::error::Error;
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

impl Runtime {
    /// Publishes the draft, or the part of it that is named.
    ///
    /// # Errors
    /// Denied without `publish`; diagnostics; `draft.needs_confirm`, `draft.empty`, `draft.conflict`.
    pub async fn publish_draft(
        &self,
        caller: &Caller,
        request: PublishRequest,
    ) -> Result<ReleaseView, Error> {
        self.require(caller, "publish")?;
        let files = self.0.store.reader().draft_files().await?;
        let wanted = |file: &DraftFile| request.only.as_ref().is_none_or(|only| only.contains(&file.path));
        let files: Vec<DraftFile> = files.into_iter().filter(wanted).collect();
        if files.is_empty() {
            return Err(conflict("draft.empty", "there is nothing in the draft to publish", json!(null)));
        }
        self.require_rights(caller, &files)?;
        let base = self.0.live.number();
        let live = self.live_folder();
        refuse_overtaken(&files, &live)?;
        let folder = overlaid(live.clone(), &files);
        let plan = self.plan_between(caller, &live, &folder).await?;
        let unconfirmed: Vec<_> =
            plan.destructive.iter().filter(|step| !request.confirm.contains(&step.id)).collect();
        if !unconfirmed.is_empty() {
            let detail = "these steps lose something and must be confirmed";
            let asked = json!({ "destructive": unconfirmed, "standing": plan.standing });
            return Err(conflict("draft.needs_confirm", detail, asked));
        }
        self.make_live(caller, folder, (request.note, None), (base, &files)).await
    }

    /// Makes a new release with the content of an earlier one.
    ///
    /// # Errors
    /// Denied without `publish`; not found; diagnostics.
    pub async fn restore_release(&self, caller: &Caller, number: i64) -> Result<ReleaseView, Error> {
        self.require(caller, "publish")?;
        let folder = self.release_folder(number).await?;
        let note = format!("restore release {number}");
        self.make_live(caller, folder, (note, Some(number)), (self.0.live.number(), &[])).await
    }

    /// Publishes a whole folder: installing a template, `kezhi apply`.
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
        self.make_live(caller, folder, (note, None), (self.0.live.number(), &[])).await
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
        let number = base + 1;
        let plan = self.compiled_for(folder.clone(), number).await?;
        let layouts: Vec<_> = plan.entities.values().map(|entity| entity.layout.clone()).collect();
        if let Err(error) = self.0.store.ensure_layout(&layouts, &mut |_| {}).await {
            return Err(self.not_unique(caller, &plan, error).await?);
        }
        let release =
            Release { number, at: self.0.clock.now(), by: caller.id, note: note.clone(), restored_from };
        // Whoever writes meanwhile has done so under the old release, or does so under the new one.
        let mut tx = self.0.store.begin_alone().await?;
        if tx.lock_live_release().await? != base {
            drop(tx);
            self.load_live_release().await?;
            return Err(conflict(
                "draft.overtaken",
                "another release was published meanwhile; look again",
                json!(null),
            ));
        }
        tx.insert_release(&release, &folder.0.into_iter().collect()).await?;
        for file in published {
            if !tx.take_draft_file(file).await? {
                let detail = "somebody has just changed a file that was about to be published";
                return Err(conflict("draft.stale", detail, json!({ "files": [file.path] })));
            }
        }
        let old = self.0.live.plan().ok();
        for entity in plan.entities.values().filter(|entity| derives_anew(old.as_deref(), entity)) {
            tx.mark_entity_stale(&entity.key, release.at).await?;
        }
        tx.commit().await?;
        let plan = Arc::new(plan);
        self.0.live.swap(&plan);
        self.tidy(&layouts).await;
        self.warm_scripts(plan);
        self.released().await?;
        self.0.wake.notify_one();
        Ok(ReleaseView { number, at: release.at, by: release.by, note, restored_from, live: true })
    }

    /// Lets a child compile the scripts of a release before somebody's save has to wait for that.
    fn warm_scripts(&self, plan: Arc<AppPlan>) {
        if plan.entities.values().any(|entity| entity.scripted) {
            let runtime = self.clone();
            tokio::spawn(async move { runtime.0.scripts.warm(&plan).await });
        }
    }

    /// Who publishes what widens rights or speaks to the outside needs the right to build it.
    fn require_rights(&self, caller: &Caller, files: &[DraftFile]) -> Result<(), Error> {
        for folder in ["workflows", "roles", "messages"] {
            if files.iter().any(|file| file.path.starts_with(folder)) {
                self.require(caller, &format!("build:{folder}"))?;
            }
        }
        Ok(())
    }
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
fn derives_anew(old: Option<&AppPlan>, entity: &EntityPlan) -> bool {
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

fn conflict(code: &'static str, detail: &str, data: serde_json::Value) -> Error {
    Error::Conflict { code, detail: detail.to_owned(), data }
}
