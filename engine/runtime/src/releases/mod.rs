//! Drafts and releases: files are edited into a draft, checked, and published atomically while requests run.

/// The files being edited.
mod draft;
/// What stored records have against a release.
mod standing;
/// What becomes of stored values.
mod evolution;
/// What publishing would change and touch.
mod plan;
/// Carrying a release out.
mod publication;
/// How far that is.
mod told;
/// Who may make what live.
mod granting;
/// Publishing and restoring.
mod publish;
/// A publication that takes longer than a request.
pub(crate) mod publish_job;

use std::sync::Arc;
use std::time::Duration;

use kezhi_plan::compile;
use kezhi_types::def::files::Folder;
use kezhi_types::query::Layout;
use kezhi_types::{Caller, Id, Timestamp};
use serde::Serialize;

pub use draft::{DraftEntry, DraftListing, Saved};
pub use evolution::{Evolved, RefusedPage, RefusedValue};
pub use plan::{Affected, Destructive, DraftPlan};
pub use publish::{PublishRequest, Published, RestoreRequest, Restored};
pub use standing::{Example, Standing};

use crate::error::Error;
use crate::runtime::Runtime;

/// A release as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseView {
    /// Counts from 1.
    pub number: i64,
    /// When it was published.
    pub at: Timestamp,
    /// Who published it.
    pub by: Id,
    /// Why.
    pub note: String,
    /// The release whose content it restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<i64>,
    /// Whether it is the live one.
    pub live: bool,
}

impl Runtime {
    /// Compiles the release that the store says is live and puts it in place, if it is not there already.
    pub(crate) async fn load_live_release(&self) -> Result<(), Error> {
        let reader = self.0.store.reader();
        let number = reader.live_release_number().await?;
        if number == 0 || number == self.0.live.number() {
            return Ok(());
        }
        let folder = self.release_folder(number).await?;
        let compiled = compiled(folder, number).await?;
        let plan = compiled.plan.ok_or(Error::Definitions(compiled.diagnostics))?;
        let layouts: Vec<_> = plan.entities.values().map(|entity| entity.layout.clone()).collect();
        let plan = Arc::new(plan);
        if self.0.live.number() > 0 {
            // Another process has made it live and its tables ready: from now on it is asked here too.
            self.0.store.know_tables().await?;
            self.0.live.swap(&plan);
        }
        // What somebody is filling for the next release stays as it is; it is not the live one's to forget.
        let lease = self.0.store.lease(Duration::ZERO).await?;
        let alone = lease.is_some() && self.publishing().await?.is_none();
        let wanting = layouts.iter().filter(|layout| alone || self.0.store.must_fill(layout));
        self.0.store.ensure_layout(&wanting.cloned().collect::<Vec<_>>(), &mut |_| {}).await?;
        self.0.live.swap(&plan);
        if alone {
            self.tidy(&layouts).await;
        }
        if let Some(lease) = lease {
            lease.end().await;
        }
        Ok(())
    }

    /// Forgets columns and indexes that the live release does not want. What cannot be forgotten now is in nobody's way and
    /// is tried again after the next release.
    async fn tidy(&self, layouts: &[Layout]) {
        if let Err(error) = self.0.store.tidy_layout(layouts).await {
            tracing::warn!(%error, "what no release wants any longer could not be forgotten");
        }
    }

    /// The files of a release.
    pub(crate) async fn release_folder(&self, number: i64) -> Result<Folder, Error> {
        let files = self.0.store.reader().release_files(number).await?;
        let files = files.ok_or_else(|| Error::NotFound { kind: "release", key: number.to_string() })?;
        Ok(Folder(files.into_iter().collect()))
    }

    /// The files of the live release; empty before the first.
    pub(crate) fn live_folder(&self) -> Folder {
        self.0.live.plan().map(|plan| (*plan.folder).clone()).unwrap_or_default()
    }

    /// Every release, the newest first.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn list_releases(&self, caller: &Caller) -> Result<Vec<ReleaseView>, Error> {
        self.require(caller, "use_builder")?;
        let live = self.0.live.number();
        let releases = self.0.store.reader().releases().await?;
        Ok(releases
            .into_iter()
            .map(|release| ReleaseView {
                number: release.number,
                at: release.at,
                by: release.by,
                note: release.note,
                restored_from: release.restored_from,
                live: release.number == live,
            })
            .collect())
    }

    /// The files of one release.
    ///
    /// # Errors
    /// Denied without `use_builder`; not found.
    pub async fn get_release(&self, caller: &Caller, number: i64) -> Result<Folder, Error> {
        self.require(caller, "use_builder")?;
        self.release_folder(number).await
    }
}

/// Compiles away from the threads that serve requests.
pub(crate) async fn compiled(folder: Folder, release: i64) -> Result<compile::Compiled, Error> {
    tokio::task::spawn_blocking(move || compile::compile(&folder, release))
        .await
        .map_err(|error| Error::Internal(format!("compiling ended abnormally: {error}")))
}

/// The tag of a file's text.
pub(crate) fn etag(text: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().take(12).fold(String::new(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

#[cfg(test)]
mod tests;
