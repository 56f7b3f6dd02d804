//! The draft: the files being edited, each over the live file it was begun from.

use kezhi_plan::{compile, evolution};
use kezhi_store::{DraftFile, Tx};
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::{Caller, Diagnostic, Id, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::{compiled, etag};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;

/// The largest definition or code file, in bytes.
const FILE_LIMIT: usize = 256 * 1024;

/// The draft as a list of files.
#[derive(Debug, Clone, Serialize)]
pub struct DraftListing {
    /// The live release that it stands on.
    pub base: i64,
    /// The files, by path.
    pub items: Vec<DraftEntry>,
}

/// One file of the draft.
#[derive(Debug, Clone, Serialize)]
pub struct DraftEntry {
    /// `entities/customer.json`
    pub path: String,
    /// `added`, `changed`, `removed` or `same`.
    pub state: &'static str,
    /// The tag of its text.
    pub etag: String,
    /// Who changed it last.
    pub by: Option<Id>,
    /// When.
    pub at: Option<Timestamp>,
}

/// A file after it was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The tag of its text.
    pub etag: String,
    /// What is wrong with the app as it stands now, in this file.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the file was new to the draft.
    pub created: bool,
}

impl Runtime {
    /// The files of the draft; with `all` also those that are as they are live.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn list_draft(&self, caller: &Caller, all: bool) -> Result<DraftListing, Error> {
        self.require(caller, "use_builder")?;
        let live = self.live_folder();
        let files = self.0.store.reader().draft_files().await?;
        let mut items: Vec<DraftEntry> = files.iter().map(|file| entry(file, &live)).collect();
        if all {
            let edited: Vec<&String> = files.iter().map(|file| &file.path).collect();
            let same = live.0.iter().filter(|(path, _)| !edited.contains(path));
            items.extend(same.map(|(path, text)| DraftEntry {
                path: path.clone(),
                state: "same",
                etag: etag(text),
                by: None,
                at: None,
            }));
        }
        items.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(DraftListing { base: self.0.live.number(), items })
    }

    /// The text of a file as the draft has it, and its tag.
    ///
    /// # Errors
    /// Denied without `use_builder`; not found, also when the draft removes it.
    pub async fn get_draft_file(
        &self,
        caller: &Caller,
        folder: &str,
        file: &str,
    ) -> Result<(String, String), Error> {
        self.require(caller, "use_builder")?;
        let path = path_of(folder, file)?;
        let text = match self.0.store.reader().draft_file(&path).await? {
            Some(draft) => draft.text,
            None => self.live_folder().get(&path).map(str::to_owned),
        };
        let text = text.ok_or_else(|| Error::NotFound { kind: "file", key: path })?;
        let tag = etag(&text);
        Ok((text, tag))
    }

    /// Saves a file into the draft, also when it is wrong. A stale `given` tag is refused with base, theirs and ours.
    ///
    /// # Errors
    /// Denied without `use_builder` and `build:<folder>`; a file that is not JSON or too large; `draft.stale`.
    pub async fn put_draft_file(
        &self,
        caller: &Caller,
        (folder, file): (&str, &str),
        (text, given): (String, Option<String>),
    ) -> Result<Saved, Error> {
        self.require_build(caller, folder)?;
        let path = path_of(folder, file)?;
        if text.len() > FILE_LIMIT {
            return Err(Error::BadFile(format!("{path} is larger than {FILE_LIMIT} bytes")));
        }
        let kind = Folder::definition(&path).map(|(kind, _)| kind);
        let text = match kind {
            Some(kind) => formatted(kind, text)?,
            None => text,
        };
        let live = self.live_folder();
        let base = live.get(&path).map(str::to_owned);
        let mut tx = self.begin_edit().await?;
        let stored = tx.draft_file(&path).await?;
        let ours = stored.as_ref().map_or(base.clone(), |file| file.text.clone());
        refuse_stale(&path, given, (base.as_deref(), ours.as_deref(), Some(&text)))?;
        let tag = etag(&text);
        let same_as_live = base.as_deref() == Some(text.as_str());
        if same_as_live {
            tx.delete_draft_file(&path).await?;
        } else {
            let file = self.draft_file(caller, &path, (Some(text), base.as_deref().map(etag)), tag.clone());
            tx.save_draft_file(&file).await?;
        }
        let told = Note::new("draft", "saved", caller, self.0.clock.now());
        note(&mut tx, told.detail("path", path.as_str()).detail("etag", tag.as_str())).await?;
        tx.commit().await?;
        let diagnostics =
            self.check_draft_unasked().await?.into_iter().filter(|found| found.path == path).collect();
        Ok(Saved { etag: tag, diagnostics, created: stored.is_none() && base.is_none() })
    }

    /// Removes a file in the draft; one that exists only there is gone.
    ///
    /// # Errors
    /// Denied; not found; `draft.stale`.
    pub async fn delete_draft_file(
        &self,
        caller: &Caller,
        (folder, file): (&str, &str),
        given: Option<String>,
    ) -> Result<(), Error> {
        self.require_build(caller, folder)?;
        let path = path_of(folder, file)?;
        let base = self.live_folder().get(&path).map(str::to_owned);
        let mut tx = self.begin_edit().await?;
        let stored = tx.draft_file(&path).await?;
        let ours = stored.as_ref().map_or(base.clone(), |file| file.text.clone());
        if ours.is_none() {
            return Err(Error::NotFound { kind: "file", key: path });
        }
        refuse_stale(&path, given, (base.as_deref(), ours.as_deref(), None))?;
        match base {
            None => tx.delete_draft_file(&path).await?,
            Some(base) => {
                let file = self.draft_file(caller, &path, (None, Some(etag(&base))), String::new());
                tx.save_draft_file(&file).await?;
            }
        }
        let told = Note::new("draft", "removed", caller, self.0.clock.now());
        note(&mut tx, told.detail("path", path.as_str())).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets every edit.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn discard_draft(&self, caller: &Caller) -> Result<u64, Error> {
        self.require(caller, "use_builder")?;
        let mut tx = self.0.store.begin().await?;
        let count = tx.discard_draft().await?;
        let told = Note::new("draft", "discarded", caller, self.0.clock.now());
        note(&mut tx, told.detail("files", count)).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Everything that is wrong with the app as the draft has it.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn check_draft(&self, caller: &Caller) -> Result<Vec<Diagnostic>, Error> {
        self.require(caller, "use_builder")?;
        self.check_draft_unasked().await
    }

    async fn check_draft_unasked(&self) -> Result<Vec<Diagnostic>, Error> {
        let folder = self.draft_folder().await?;
        let mut compiled = compiled(folder, 0).await?;
        if let (Some(plan), Ok(live)) = (&compiled.plan, self.0.live.plan()) {
            compiled.diagnostics.extend(evolution::findings(&live, plan));
        }
        Ok(compiled.diagnostics)
    }

    /// The app as the draft has it.
    pub(crate) async fn draft_folder(&self) -> Result<Folder, Error> {
        Ok(overlaid(self.live_folder(), &self.0.store.reader().draft_files().await?))
    }

    /// A transaction in which nobody else edits or publishes, so that what it compared is what it replaces.
    async fn begin_edit(&self) -> Result<Tx, Error> {
        let mut tx = self.0.store.begin().await?;
        tx.lock_live_release().await?;
        Ok(tx)
    }

    fn draft_file(
        &self,
        caller: &Caller,
        path: &str,
        (text, base_etag): (Option<String>, Option<String>),
        etag: String,
    ) -> DraftFile {
        DraftFile {
            path: path.to_owned(),
            text,
            base_etag,
            base_release: self.0.live.number(),
            etag,
            by: caller.id,
            at: self.0.clock.now(),
        }
    }
}

/// A folder with draft files in place of its own.
pub(super) fn overlaid(mut folder: Folder, files: &[DraftFile]) -> Folder {
    for file in files {
        match &file.text {
            Some(text) => folder.0.insert(file.path.clone(), text.clone()),
            None => folder.0.remove(&file.path),
        };
    }
    folder
}

/// The deterministic text of a definition. One of a wrong shape is kept as it was sent, for the findings to point into.
///
/// # Errors
/// When it is not JSON.
fn formatted(kind: Kind, text: String) -> Result<String, Error> {
    if let Ok(formatted) = compile::format(kind, &text) {
        return Ok(formatted);
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Error::BadFile(error.to_string())),
    }
}

/// The path of `{folder}/{file}` of the contract: a key, or a code file with its ending.
fn path_of(folder: &str, file: &str) -> Result<String, Error> {
    let unknown = || Error::NotFound { kind: "file", key: format!("{folder}/{file}") };
    if folder == "manifest" {
        return if file == "manifest" { Ok("manifest.json".into()) } else { Err(unknown()) };
    }
    let known = Kind::of_folder(folder).is_some() || matches!(folder, "translations" | "scenarios");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if !known || file.is_empty() || file.len() > 128 || file.starts_with('.') || !file.chars().all(plain) {
        return Err(unknown());
    }
    Ok(if file.contains('.') { format!("{folder}/{file}") } else { format!("{folder}/{file}.json") })
}

fn entry(file: &DraftFile, live: &Folder) -> DraftEntry {
    let state = match (&file.text, live.get(&file.path)) {
        (None, _) => "removed",
        (Some(_), None) => "added",
        (Some(_), Some(_)) => "changed",
    };
    DraftEntry {
        path: file.path.clone(),
        state,
        etag: file.etag.clone(),
        by: Some(file.by),
        at: Some(file.at),
    }
}

fn refuse_stale(
    path: &str,
    given: Option<String>,
    (base, theirs, ours): (Option<&str>, Option<&str>, Option<&str>),
) -> Result<(), Error> {
    let Some(given) = given else { return Ok(()) };
    if theirs.is_some_and(|text| etag(text) == given) || theirs.is_none() && given == "*" {
        return Ok(());
    }
    Err(Error::DraftStale {
        detail: format!("{path} has been changed by somebody else"),
        data: json!({ "base": base, "theirs": theirs, "ours": ours }),
    })
}
