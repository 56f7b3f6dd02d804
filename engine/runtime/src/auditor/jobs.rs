//! Proofs and exports of the audit, which take longer than a request: jobs of whoever asks for them. An export is a file that
//! lies on the server that was asked, for a day.

use std::path::PathBuf;

use kezhi_store::JobState;
use kezhi_types::{Caller, Id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::AuditQuestion;
use super::list::MOST;
use super::rights::AUDIT;
use crate::audit::{Note, note};
use crate::error::Error;
use crate::export::guarded;
use crate::jobs::{JobView, no_job, queued};
use crate::runtime::Runtime;

/// The kind of jobs that prove the chain.
pub(crate) const PROOF: &str = "audit_proof";
/// The kind of jobs that write entries into a file.
pub(crate) const EXPORT: &str = "audit_export";
/// The columns of a CSV.
const COLUMNS: [&str; 14] = [
    "id",
    "at",
    "action",
    "by_id",
    "by_name",
    "by_login",
    "entity",
    "record",
    "subject_id",
    "subject_login",
    "detail",
    "personal",
    "erased",
    "sealed",
];
/// What marks a text as UTF-8 for spreadsheets.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The form of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Rows for spreadsheets.
    Csv,
    /// An entry a line, as the API tells it.
    #[default]
    Jsonl,
}

/// What an export is to hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Spec {
    question: AuditQuestion,
    format: ExportFormat,
}

impl Runtime {
    /// Begins to prove the chain; the job's result is an [`super::AuditProof`].
    ///
    /// # Errors
    /// Denied without `audit`.
    pub async fn begin_audit_proof(&self, caller: &Caller) -> Result<JobView, Error> {
        self.require_audit(caller, AUDIT)?;
        let job = queued(PROOF, "", caller, self.0.clock.now());
        let mut tx = self.0.store.begin().await?;
        note(&mut tx, Note::new("audit", "proved", caller, self.0.clock.now())).await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// Begins to write the entries that are asked for into a file, newest first.
    ///
    /// # Errors
    /// Denied without `audit`; the disk is full.
    pub async fn begin_audit_export(
        &self,
        caller: &Caller,
        question: AuditQuestion,
        format: ExportFormat,
    ) -> Result<JobView, Error> {
        self.require_audit(caller, AUDIT)?;
        let question = AuditQuestion { after: None, limit: Some(MOST), ..question };
        let mut job = queued(EXPORT, "", caller, self.0.clock.now());
        job.spec = serde_json::to_value(Spec { question, format })
            .map_err(|error| Error::Internal(error.to_string()))?;
        // The place of the file says that the job belongs to this server.
        let mut place = self.receive().await?;
        place.finish().await?;
        place.keep(&self.upload_of(job.id))?;
        let mut tx = self.0.store.begin().await?;
        let told = Note::new("audit", "exported", caller, self.0.clock.now());
        note(&mut tx, told.detail("format", json!(format)).detail("job", job.id.to_string())).await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// The file of an export that is done, and its form.
    ///
    /// # Errors
    /// Denied without `audit`; not found, also for what somebody else began, and a day later.
    pub async fn audit_export_file(&self, caller: &Caller, id: Id) -> Result<(PathBuf, ExportFormat), Error> {
        self.require_audit(caller, AUDIT)?;
        let job = self.job_of(caller, id).await?;
        let spec: Spec = serde_json::from_value(job.spec).map_err(|_| no_job(id))?;
        let file = self.upload_of(id);
        if job.kind != EXPORT || job.state != JobState::Done || !file.exists() {
            return Err(no_job(id));
        }
        Ok((file, spec.format))
    }

    /// Works off a proof. It reads and starts anew after a crash.
    ///
    /// # Errors
    /// Denied, when its starter may not audit any more; the store's.
    pub(crate) async fn work_audit_proof(&self, id: Id) -> Result<(), Error> {
        let Some(job) = self.0.store.reader().job(id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(());
        };
        let caller = self.starter(&job).await?;
        self.require_audit(&caller, AUDIT)?;
        let Some(proof) = self.prove_audit(&[], Some(id)).await? else { return Ok(()) };
        let total = proof.entries;
        let told = serde_json::to_value(proof).map_err(|error| Error::Internal(error.to_string()))?;
        self.end_audit_job(id, total, told).await
    }

    /// Works off an export: page by page into a file that takes its place when it is whole.
    ///
    /// # Errors
    /// Denied, when its starter may not audit any more; the disk is full; the store's.
    pub(crate) async fn work_audit_export(&self, id: Id) -> Result<(), Error> {
        let Some(job) = self.0.store.reader().job(id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(());
        };
        let caller = self.starter(&job).await?;
        self.require_audit(&caller, AUDIT)?;
        let Spec { mut question, format } =
            serde_json::from_value(job.spec).map_err(|error| Error::Internal(error.to_string()))?;
        let mut file = self.receive().await?;
        if format == ExportFormat::Csv {
            file.write(&[MARK, &line(&COLUMNS.map(str::to_owned))].concat()).await?;
        }
        let mut written = 0;
        loop {
            let page = self.audit_page(&question).await?;
            let items = self.audit_items(&page.entries).await?;
            let mut piece = Vec::new();
            for item in &items {
                match format {
                    ExportFormat::Csv => piece.extend(line(&cells(item))),
                    ExportFormat::Jsonl => {
                        piece.extend(item.to_string().into_bytes());
                        piece.push(b'\n');
                    }
                }
            }
            file.write(&piece).await?;
            written += items.len() as i64;
            if !self.tell_job(id, (written, 0)).await? {
                return Ok(());
            }
            question.after = page.next;
            if question.after.is_none() {
                break;
            }
        }
        file.finish().await?;
        let size = file.size();
        file.keep(&self.upload_of(id))?;
        self.end_audit_job(id, written, json!({ "entries": written, "size": size, "format": format })).await
    }

    /// Tells how far a job is; `false` when somebody has stopped it. A total of 0 is not known.
    pub(super) async fn tell_job(&self, id: Id, (done, total): (i64, i64)) -> Result<bool, Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = tx.lock_job(id).await?.filter(|job| !job.state.is_ended()) else {
            return Ok(false);
        };
        job.state = JobState::Running;
        (job.done, job.total) = (done, (total > 0).then_some(total));
        tx.save_job(&job).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn end_audit_job(&self, id: Id, total: i64, result: Value) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(mut job) = tx.lock_job(id).await?.filter(|job| !job.state.is_ended()) else { return Ok(()) };
        (job.done, job.total) = (total, Some(total));
        (job.state, job.result) = (JobState::Done, result);
        job.ended_at = Some(self.0.clock.now());
        tx.save_job(&job).await?;
        Ok(tx.commit().await?)
    }
}

/// An entry as cells; texts that a spreadsheet would take for a formula are kept from it.
fn cells(item: &Value) -> [String; 14] {
    let text = |value: &Value| match value {
        Value::String(text) => guarded(text.clone()),
        Value::Null => String::new(),
        Value::Object(members) if members.is_empty() => String::new(),
        other => guarded(other.to_string()),
    };
    let (by, subject) = (&item["by"], &item["subject"]);
    [
        &item["id"],
        &item["at"],
        &item["action"],
        &by["id"],
        &by["name"],
        &by["login"],
        &item["entity"],
        &item["record"],
        &subject["id"],
        &subject["login"],
        &item["detail"],
        &item["personal"],
        &item["erased"],
        &item["sealed"],
    ]
    .map(text)
}

fn line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory does not fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}
