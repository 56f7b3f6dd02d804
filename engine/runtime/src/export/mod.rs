//! Records as a file: CSV, XLSX or JSON, page by page, so that a million records take no more memory than a thousand.
//!
//! A file that was exported can be imported again: `id` stands first, every text that a spreadsheet would take for a
//! formula is kept from it by `'`, which an import takes away, and the rows of a sub-table follow their record with the
//! other columns left empty.

/// The columns of a file.
mod columns;
/// A value as a cell.
mod value;
/// An Excel workbook.
mod workbook;

use std::sync::Arc;

use kezhi_plan::access::{self, Action, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan, FieldPlan};
use kezhi_plan::query::{self, ListRequest};
use kezhi_types::def::entity::Sensitivity;
use kezhi_types::query::{CountMode, Filter, Query, Search};
use kezhi_types::{Caller, CallerKind, Fields, Record, Timestamp};
use tokio::sync::mpsc;

use crate::audit::Note;
use crate::error::Error;
use crate::jobs::Upload;
use crate::records::{Seen, entity_known};
use crate::runtime::Runtime;
use columns::{Column, columns};
pub(crate) use value::guarded;
use value::{Cell, Reader};

/// Records read at a time: a record in memory is several KiB, and three pages are there at once.
const PAGE: u32 = 500;
/// Pages and pieces that wait to be taken.
const AHEAD: usize = 1;
/// What marks a text as UTF-8 for spreadsheets.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wanted.
#[derive(Debug, Clone)]
pub struct ExportRequest {
    /// Which records, in which order, which fields; `limit`, `after`, `include` and `count` mean nothing here.
    pub list: ListRequest,
    /// As what.
    pub format: ExportFormat,
    /// Titles of fields, labels of options, names of people and records, times of the workspace's zone; else keys,
    /// ids and instants as the API gives them.
    pub labels: bool,
    /// Whether a CSV begins with the mark by which spreadsheets know UTF-8.
    pub mark: bool,
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum ExportFormat {
    Csv,
    Xlsx,
    Json,
}

/// A file on its way out.
#[derive(Debug)]
pub struct Export {
    /// What the entity is called.
    pub title: String,
    /// The file.
    pub content: Content,
}

/// How a file comes.
#[derive(Debug)]
pub enum Content {
    /// Piece by piece; an error ends it and makes it unusable.
    Pieces(mpsc::Receiver<Result<Vec<u8>, Error>>),
    /// Whole, in the data folder; gone with the value.
    File(Upload),
}

/// Everything that is decided before the first record is read.
struct Plan {
    plan: Arc<AppPlan>,
    entity: Arc<EntityPlan>,
    caller: Caller,
    columns: Vec<Column>,
    question: Query,
    labels: bool,
}

impl Plan {
    /// Whether a column is marked as sensitive or secret.
    fn is_sensitive(&self) -> bool {
        let is_marked = |field: &FieldPlan| {
            matches!(field.def.sensitivity, Some(Sensitivity::Sensitive | Sensitivity::Secret))
        };
        self.columns.iter().any(|column| match &column.table {
            None => self.entity.fields.get(&column.key).is_some_and(is_marked),
            Some(table) => self.entity.fields.get(table).is_some_and(|table| {
                is_marked(table) || table.columns.get(&column.key).is_some_and(is_marked)
            }),
        })
    }
}

impl Runtime {
    /// Begins to write the records that the caller may read and export.
    ///
    /// # Errors
    /// Unknown entity; denied; `query.…` for a wrong question; `session.prove_again` where a column is sensitive;
    /// `export.too_many` within the hour; with XLSX, what goes wrong while the file is written.
    pub async fn export(
        &self,
        caller: &Caller,
        entity: &str,
        request: ExportRequest,
    ) -> Result<Export, Error> {
        let plan = self.allowed_export(caller, entity, &request)?;
        self.count_export(caller)?;
        self.note_alone(told_of(caller, &plan, &request, self.0.clock.now())).await?;
        let title = plan.entity.title.clone();
        let content = match request.format {
            ExportFormat::Xlsx => Content::File(self.export_workbook(plan).await?),
            ExportFormat::Csv => Content::Pieces(self.export_csv(plan, request.mark)),
            ExportFormat::Json => Content::Pieces(self.export_json(plan)),
        };
        Ok(Export { title, content })
    }

    /// Whether an export would begin; nothing is counted.
    ///
    /// # Errors
    /// As for [`Runtime::export`], but `export.too_many`.
    pub fn check_export(&self, caller: &Caller, entity: &str, request: &ExportRequest) -> Result<(), Error> {
        self.allowed_export(caller, entity, request).map(drop)
    }

    fn allowed_export(&self, caller: &Caller, entity: &str, request: &ExportRequest) -> Result<Plan, Error> {
        let plan = self.export_plan(caller, entity, request)?;
        if plan.is_sensitive() {
            self.require_proof(caller)?;
        }
        Ok(plan)
    }

    /// An account that was taken over must not carry everything away unnoticed. The operator is not counted.
    fn count_export(&self, caller: &Caller) -> Result<(), Error> {
        let most = self.0.exports_per_hour;
        if most == 0 || caller.kind == CallerKind::System {
            return Ok(());
        }
        let counted = self.0.exports.count(caller.id, self.0.clock.now(), most);
        counted.map_err(|retry_after| Error::TooOften { code: "export.too_many", most, retry_after })
    }

    fn export_plan(&self, caller: &Caller, entity: &str, request: &ExportRequest) -> Result<Plan, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?.clone();
        let now = self.0.clock.now();
        let scope = access::row_scope(&plan, &entity, caller, Action::Export, now);
        if scope == RowScope::Nothing {
            return Err(Error::denied(Action::Export.as_str(), &entity.key));
        }
        let (question, projection) = query::plan_list(&plan, &entity, caller, &request.list, now)?;
        let parts: Vec<Filter> = question.filter.into_iter().chain(scope.into_filter()).collect();
        let filter = (!parts.is_empty()).then_some(Filter::All(parts));
        let words = question.words.map(|words| Search { whole: true, ..words });
        let question = Query { filter, words, limit: PAGE, after: None, count: CountMode::None, ..question };
        let columns = columns(&plan, &entity, caller, (projection.fields, request.labels));
        Ok(Plan { plan, entity, caller: caller.clone(), columns, question, labels: request.labels })
    }

    /// Reads page after page ahead of whoever takes them.
    fn pages(&self, question: Query) -> mpsc::Receiver<Result<Vec<Record>, Error>> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let reader = self.0.store.reader().patient();
        tokio::spawn(async move {
            let mut question = question;
            loop {
                let (page, last) = match reader.list(&question).await {
                    Ok(page) => {
                        let last = page.next.is_none();
                        question.after = page.next;
                        (Ok(page.records), last)
                    }
                    Err(error) => (Err(error.into()), true),
                };
                if sender.send(page).await.is_err() || last {
                    return;
                }
            }
        });
        receiver
    }

    fn export_csv(&self, plan: Plan, mark: bool) -> mpsc::Receiver<Result<Vec<u8>, Error>> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let runtime = self.clone();
        tokio::spawn(async move {
            let mut first = if mark { MARK.to_vec() } else { Vec::new() };
            first.extend(lines(std::iter::once(
                plan.columns.iter().map(|column| Cell::Text(column.header.clone())).collect(),
            )));
            let mut pages = runtime.pages(plan.question.clone());
            let mut piece = Ok(first);
            while sender.send(piece).await.is_ok() {
                piece = match pages.recv().await {
                    None => return,
                    Some(Err(error)) => Err(error),
                    Some(Ok(records)) => {
                        runtime.rows_of(&plan, records).await.map(|rows| lines(rows.into_iter()))
                    }
                };
            }
        });
        receiver
    }

    fn export_json(&self, plan: Plan) -> mpsc::Receiver<Result<Vec<u8>, Error>> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let runtime = self.clone();
        tokio::spawn(async move {
            let kept = |key: &str| {
                plan.columns.iter().any(|column| column.table.as_deref().unwrap_or(&column.key) == key)
            };
            let mut pages = runtime.pages(plan.question.clone());
            let mut before = "[\n";
            while let Some(page) = pages.recv().await {
                let piece = match page {
                    Ok(records) => runtime.exported(&plan, &records).await.map(|shown| {
                        let mut text = Vec::new();
                        for mut fields in shown {
                            fields.retain(|key, _| kept(key) || key == "masked");
                            text.extend_from_slice(before.as_bytes());
                            text.extend_from_slice(serde_json::Value::Object(fields).to_string().as_bytes());
                            before = ",\n";
                        }
                        text
                    }),
                    Err(error) => Err(error),
                };
                let failed = piece.is_err();
                if sender.send(piece).await.is_err() || failed {
                    return;
                }
            }
            let end = if before == "[\n" { "[]\n" } else { "\n]\n" };
            let _ = sender.send(Ok(end.as_bytes().to_vec())).await;
        });
        receiver
    }

    /// These records as the caller sees them, lookups among it; without those that they do not see.
    async fn exported(&self, plan: &Plan, records: &[Record]) -> Result<Vec<Fields>, Error> {
        let seen = self.seen_inside(&plan.plan, &plan.caller, &plan.entity, records).await?;
        let visible = |(record, seen): (&Record, Seen)| {
            let rights = seen?;
            Some((access::visible(&plan.entity, record.flat(), &rights), rights))
        };
        let mut shown: Vec<_> = records.iter().zip(seen).filter_map(visible).collect();
        self.look_up(&plan.plan, &plan.caller, (&plan.entity, &mut shown), None).await?;
        Ok(shown.into_iter().map(|(fields, _)| fields).collect())
    }

    /// The records with what their lookups read for the caller, and that as it is shown; both as they were where the
    /// entity has none.
    async fn with_lookups(
        &self,
        plan: &Plan,
        mut records: Vec<Record>,
        seen: &[Seen],
    ) -> Result<(Vec<Record>, Vec<Fields>), Error> {
        let looks_up = |field: &&FieldPlan| field.lookup.is_some();
        let keys: Vec<&String> =
            plan.entity.fields.values().filter(looks_up).map(|field| &field.key).collect();
        if keys.is_empty() {
            return Ok((records, Vec::new()));
        }
        let visible = |(at, record): (usize, &Record)| {
            let rights = seen.get(at)?.clone()?;
            Some((at, (access::visible(&plan.entity, record.flat(), &rights), rights)))
        };
        let (places, mut shown): (Vec<usize>, Vec<_>) =
            records.iter().enumerate().filter_map(visible).unzip();
        self.look_up(&plan.plan, &plan.caller, (&plan.entity, &mut shown), None).await?;
        let shown: Vec<Fields> = shown.into_iter().map(|(fields, _)| fields).collect();
        for (at, fields) in places.into_iter().zip(&shown) {
            let read = keys.iter().filter_map(|key| Some(((*key).clone(), fields.get(*key)?.clone())));
            records[at].derived.extend(read);
        }
        Ok((records, shown))
    }

    /// The rows of these records, each as far as the caller may see that record.
    async fn rows_of(&self, plan: &Plan, records: Vec<Record>) -> Result<Vec<Vec<Cell>>, Error> {
        let seen = self.seen_inside(&plan.plan, &plan.caller, &plan.entity, &records).await?;
        let (records, looked_up) = self.with_lookups(plan, records, &seen).await?;
        let shown: Vec<_> = records.iter().zip(seen).collect();
        let titles = if plan.labels {
            self.titles_of(&plan.plan, &plan.caller, &plan.entity, (&shown, &looked_up)).await?
        } else {
            Default::default()
        };
        let reader = Reader::new(plan, titles);
        let known = shown.iter().filter_map(|(record, seen)| Some((record, seen.as_deref()?)));
        Ok(known.flat_map(|(record, rights)| reader.rows(record, rights)).collect())
    }
}

impl ExportFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }
}

/// What is taken away: from where and in which form; the question may name people.
fn told_of(caller: &Caller, plan: &Plan, request: &ExportRequest, now: Timestamp) -> Note {
    let columns: Vec<&str> = plan.columns.iter().map(|column| column.key.as_str()).collect();
    let told = Note::new("export", "begun", caller, now).entity(&plan.entity.key);
    let told = told.detail("format", request.format.name()).detail("fields", columns);
    let told = told.detail("bin", request.list.bin);
    let told = match &request.list.condition {
        Some(condition) => told.personal("where", condition.clone()),
        None => told,
    };
    match &request.list.q {
        Some(words) => told.personal("q", words.as_str()),
        None => told,
    }
}

/// Rows of cells as lines of CSV.
fn lines(rows: impl Iterator<Item = Vec<Cell>>) -> Vec<u8> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        for cell in &row {
            // Writing into memory does not fail.
            let _ = writer.write_field(cell.text().as_bytes());
        }
        let _ = writer.write_record(None::<&[u8]>);
    }
    writer.into_inner().unwrap_or_default()
}
