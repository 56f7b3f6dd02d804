//! Files of rows: CSV and XLSX. A file is read row by row (`sheet`), its header finds the fields (`columns`), its
//! cells become records in the making (`lines`), and these go through the one write path slice by slice (`slice`) in a
//! job (`work`) that a power cut interrupts and does not harm. What is wrong is told cell by cell (`report`); the right
//! rows go in, and come out again if nobody wanted them (`undo`).

/// Whether a workbook may be opened at all.
mod guard;
/// CSV texts.
mod text;
/// Excel workbooks.
mod workbook;
/// Those before 2007.
mod old;
/// A file as rows of cells.
mod sheet;
/// A cell as the value of a field.
mod cell;
/// Which column holds which field.
mod columns;
/// What cells call files of a record.
mod files;
/// What cells call people, records and files.
mod names;
/// Rows as records in the making.
mod lines;
/// What the columns of a file might be.
mod guess;
/// What is kept of wrong rows.
mod kept;
/// What became of the rows.
mod report;
/// The workbook of wrong rows.
mod wrong;
/// Which record a line means.
mod keys;
/// A slice of an import: one transaction.
mod slice;
/// An import from its first row to its last.
mod work;
/// Whether somebody has worked on a record.
mod worked;
/// An import taken back.
mod undo;
/// A small file as texts.
mod texts;

use std::ops::ControlFlow;
use std::path::Path;

use indexmap::IndexMap;
use kezhi_plan::access::{self, Action, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::text::{Language, sentence};
use kezhi_types::{Caller, Fields, Id, Violation, Violations};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::audit::{Note, note};
use crate::error::Error;
use crate::idempotency::{Once, settle};
use crate::jobs::{JobView, Upload, queued};
use crate::records::entity_known;
use crate::runtime::Runtime;
pub(crate) use cell::{BETWEEN, reads_as};
use columns::{Fillable, Header, ID};
pub use old::workbook_worker;
pub use report::{CellProblem, RefusedRow};
pub(crate) use sheet::letters as column_name;
use sheet::{COLUMNS, Format, Place, Row, Unreadable};
pub(crate) use texts::TextRow;
pub(crate) use wrong::serial;

/// The kind of an import among jobs.
pub(crate) const KIND: &str = "import";
/// The kind of the undoing of an import among jobs.
pub(crate) const UNDO: &str = "undo";
/// With these a text would be a formula to a spreadsheet; an export puts `'` before it, an import takes it away.
pub(crate) const GUARDED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];
/// How many rows are looked at before the import begins: for the header, and to guess what columns hold.
const LOOKED_AT: usize = 220;
/// So much is kept of rows at a time, in bytes: of those that are looked at, of a record, of a slice; a single row may be
/// larger.
const HELD: usize = 4 * 1024 * 1024;

/// How a file is to be read and stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportOptions {
    /// Headers to keys of fields (`lines.product` for a column of a sub-table), where key, title and common names do
    /// not say it; an empty key leaves a column out. What was said last time for the same header holds until another
    /// is given.
    pub map: IndexMap<String, String>,
    /// What becomes of rows whose record exists, and of rows whose record does not; `create` without a `key`,
    /// `upsert` with one.
    pub mode: Option<Mode>,
    /// By which unique fields, serial numbers or `id` a row finds its record, the first that has a value.
    #[serde(deserialize_with = "one_or_many")]
    pub key: Vec<String>,
    /// The sheet of a workbook; the first that holds anything when absent.
    pub sheet: Option<String>,
    /// Login of the person to whom records belong whose row names nobody; the caller when absent.
    pub owner: Option<String>,
    /// Judges everything and stores nothing.
    pub dry_run: bool,
    /// Whether an empty cell clears its field in records that exist.
    pub clear_empty: bool,
    /// Whether workflows shall hear of the records.
    pub workflows: bool,
    /// Rules that the caller has confirmed.
    pub confirm: Vec<String>,
}

/// What becomes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Every row is a new record.
    Create,
    /// Every row changes a record that exists.
    Update,
    /// A row changes its record, or is a new one.
    Upsert,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            map: IndexMap::new(),
            mode: None,
            key: Vec::new(),
            sheet: None,
            owner: None,
            dry_run: false,
            clear_empty: false,
            workflows: true,
            confirm: Vec::new(),
        }
    }
}

impl ImportOptions {
    fn mode(&self) -> Mode {
        self.mode.unwrap_or(if self.key.is_empty() { Mode::Create } else { Mode::Upsert })
    }
}

/// What an import has to do, as its job keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Spec {
    file: String,
    format: Format,
    header: Header,
    options: ImportOptions,
    /// To whom records belong whose row names nobody.
    owner: Option<Id>,
    /// In which language reasons are told.
    #[serde(default)]
    language: Language,
}

impl Runtime {
    /// Begins to create or change records from a CSV or XLSX file, as the caller, with the caller's rights and every
    /// rule. The answer is the job; what can be said of the file as a whole is said at once.
    ///
    /// Rows are stored in slices of at most 500, in the order of the file. Each slice moves the job on in its own
    /// transaction: whoever kills the engine half-way finds whole slices, and the rest follows when it starts again.
    /// A row may refer by name to records of earlier slices.
    ///
    /// # Errors
    /// Unknown entity; denied; [`Error::BadFile`] when it is not a file of rows or no header names a field of the
    /// entity; violations when the options name what is not there.
    pub async fn start_import(
        &self,
        caller: &Caller,
        entity: &str,
        (file, mut upload, options): (&str, Upload, ImportOptions),
        once: Option<Once>,
    ) -> Result<JobView, Error> {
        if let Some(begun) = self.begun_under(caller, once.as_ref()).await? {
            return Ok(begun);
        }
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?.clone();
        self.may_import(&plan, caller, (&entity, options.mode()))?;
        upload.finish().await?;
        let owner = self.owner_named(caller, &entity, options.owner.as_deref()).await?;
        let (format, rows) = look(self.sheet_at(upload.path()), options.sheet.clone())
            .await
            .map_err(|why| bad_file(caller, file, &why))?;
        let rights = access::field_rights(&plan, &entity, caller);
        let fillable = Fillable { entity: &entity, rights: &rights, map: &options.map, keys: &options.key };
        fillable.check()?;
        let said = !options.map.is_empty();
        let remembered = if said { None } else { self.remembered(caller, &rows, &fillable).await? };
        let fillable = Fillable { map: remembered.as_ref().unwrap_or(&options.map), ..fillable };
        let Some(header) = fillable.header(&rows) else {
            let args = [("file", file), ("entity", entity.title.as_str())];
            return Err(Error::BadFile(self::said(caller, "import.no_header", args)));
        };
        if said {
            fillable.check_columns(&header)?;
        }
        check_keys(&entity, &header, &options)?;
        let now = self.0.clock.now();
        let mut job = queued(KIND, &entity.key, caller, now);
        job.id = once.as_ref().map_or(job.id, Once::id);
        job.result = report::opening(&entity, (&header, &rows), (&options, &format));
        let spec = Spec { file: file.to_owned(), format, header, options, owner, language: caller.language };
        job.spec = serde_json::to_value(&spec).map_err(|error| Error::Internal(error.to_string()))?;
        upload.keep(&self.upload_of(job.id))?;
        let mut tx = self.0.store.begin().await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        let told = Note::new("import", "begun", caller, now).entity(&entity.key);
        note(&mut tx, told.detail("job", job.id.to_string()).personal("file", file)).await?;
        if said {
            let key = (caller.id, entity.key.as_str(), &*spec.header.fingerprint());
            tx.save_import_map(key, &json!(spec.options.map), now).await?;
        }
        settle(once.as_ref(), &mut tx, &json!(job.id)).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// Whether the caller may import into the entity at all; asked before a file is let in.
    ///
    /// # Errors
    /// Unknown entity, denied.
    pub fn may_begin_import(&self, caller: &Caller, entity: &str) -> Result<(), Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let as_created = self.may_import(&plan, caller, (entity, Mode::Create));
        as_created.or_else(|error| self.may_import(&plan, caller, (entity, Mode::Update)).map_err(|_| error))
    }

    /// How a file that lies there is read.
    fn sheet_at(&self, path: &Path) -> Place {
        Place { path: path.to_owned(), program: self.0.depot.program.clone() }
    }

    /// Which column held which field when the caller last said so for this header.
    async fn remembered(
        &self,
        caller: &Caller,
        rows: &[Row],
        fillable: &Fillable<'_>,
    ) -> Result<Option<IndexMap<String, String>>, Error> {
        let reader = self.0.store.reader();
        for header in fillable.candidates(rows) {
            let Some(map) = reader.import_map(caller.id, &fillable.entity.key, &header).await? else {
                continue;
            };
            let map: IndexMap<String, String> = serde_json::from_value(map).unwrap_or_default();
            let may = |field: &String| field.is_empty() || fillable.may_fill(field);
            return Ok(Some(map.into_iter().filter(|(_, field)| may(field)).collect()));
        }
        Ok(None)
    }

    /// Whether the caller may import such rows: the right to import, and the one to create or to change.
    fn may_import(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, mode): (&EntityPlan, Mode),
    ) -> Result<(), Error> {
        let mut wanted = vec![Action::Import];
        if mode != Mode::Create {
            wanted.push(Action::Update);
        }
        if mode != Mode::Update {
            access::check_create(plan, entity, caller)?;
        }
        let now = self.0.clock.now();
        let lacks =
            |action: &Action| access::row_scope(plan, entity, caller, *action, now) == RowScope::Nothing;
        match wanted.into_iter().find(lacks) {
            Some(action) => Err(Error::denied(action.as_str(), &entity.key)),
            None => Ok(()),
        }
    }

    /// To whom records belong whose row names nobody.
    async fn owner_named(
        &self,
        caller: &Caller,
        entity: &EntityPlan,
        login: Option<&str>,
    ) -> Result<Option<Id>, Error> {
        let Some(login) = login else {
            return Ok((entity.owner && caller.id != Id::SYSTEM).then_some(caller.id));
        };
        let directory = self.directory().await?;
        let user = directory.by_login(login).filter(|_| entity.owner);
        let unknown = || Violations::from(Violation::new("import.owner", "/owner").with("value", login));
        Ok(Some(user.ok_or_else(unknown)?.id))
    }
}

/// What a file is, and its first rows; where it may take its time, and may fail as it likes.
async fn look(place: Place, sheet: Option<String>) -> Result<(Format, Vec<Row>), Unreadable> {
    let work = tokio::task::spawn_blocking(move || {
        let format = sheet::inspect(&place, sheet.as_deref())?;
        let (mut rows, mut weight) = (Vec::new(), 0);
        sheet::read(&place, &format, &mut |row| {
            let row = row.within(COLUMNS);
            weight += row.weight();
            rows.push(row);
            let goes_on = rows.len() < LOOKED_AT && weight < HELD;
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if rows.is_empty() { Err(Unreadable::Empty) } else { Ok((format, rows)) }
    });
    work.await.unwrap_or_else(|error| Err(Unreadable::Broken(error.to_string())))
}

fn bad_file(caller: &Caller, file: &str, why: &Unreadable) -> Error {
    let number = |number: &u64| number.to_string();
    Error::BadFile(match why {
        Unreadable::NotAWorkbook => said(caller, "import.not_a_workbook", [("file", file)]),
        Unreadable::Empty => said(caller, "import.empty", [("file", file)]),
        Unreadable::Broken(why) => said(caller, "import.broken_workbook", [("file", file), ("why", why)]),
        Unreadable::Encoding(at) => said(caller, "import.encoding", [("file", file), ("at", &number(at))]),
        Unreadable::Bomb(part) => said(caller, "import.too_large_inside", [("file", file), ("part", part)]),
        Unreadable::TooWide(row) => said(caller, "import.too_wide", [("file", file), ("row", &number(row))]),
        Unreadable::RowTooLong(row) => {
            said(caller, "import.row_too_long", [("file", file), ("row", &number(row))])
        }
        Unreadable::NoSheet(sheet) => said(caller, "import.no_sheet", [("file", file), ("sheet", sheet)]),
    })
}

fn said<const N: usize>(caller: &Caller, code: &str, args: [(&str, &str); N]) -> String {
    let args: Fields = args.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    sentence(caller.language, code, &args)
}

/// A key is a unique field, a serial number or the id, and there is a column of it.
fn check_keys(entity: &EntityPlan, header: &Header, options: &ImportOptions) -> Result<(), Violations> {
    let wrong = |key: &str| Violations::from(Violation::new("import.key", "/key").with("field", key));
    if options.key.is_empty() && options.mode() != Mode::Create {
        return Err(Violation::new("import.key_missing", "/key").into());
    }
    for key in &options.key {
        let field = entity.fields.get(key);
        let tells = field.is_some_and(|field| field.def.unique || field.kind == FieldKind::Serial);
        let is_there = header.columns.iter().any(|column| column.field == *key);
        if !(tells || key == ID) || !is_there {
            return Err(wrong(key));
        }
    }
    Ok(())
}

/// `"code"` or `["code", "phone"]`.
fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    use serde::de::Error as _;
    let strings = |items: Vec<Value>| -> Option<Vec<String>> {
        items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let found = match Value::deserialize(from)? {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => strings(items),
        one => strings(vec![one]),
    };
    found.ok_or_else(|| D::Error::custom("`key` is a field or a list of fields"))
}
