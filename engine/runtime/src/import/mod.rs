//! Files of rows: CSV and XLSX. A file is read (`sheet`), its header finds the fields (`columns`), its cells become
//! values (`cell`, `names`), and the rows go through the one write path in batches (`rows`). What is wrong is told
//! cell by cell; the right rows go in.

/// A cell as the value of a field.
mod cell;
/// Which column holds which field.
mod columns;
/// What cells call people and records.
mod names;
/// Rows into records.
mod rows;
/// A file as rows of cells.
mod sheet;

use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_plan::access::{self, Action, RowScope};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Fields, Id, Violation, Violations};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::records::{entity_known, spawned};
use crate::runtime::Runtime;
use columns::{Fillable, Header};
use sheet::{Row, Unreadable};

/// How a file is to be read and stored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportOptions {
    /// Headers to keys of fields, where key, title and common names do not say it; an empty key leaves a column out.
    pub map: IndexMap<String, String>,
    /// A unique field by which a row finds the record that it changes; without it every row is a new record.
    pub key: Option<String>,
    /// The sheet of a workbook; the first that holds anything when absent.
    pub sheet: Option<String>,
    /// Login of the person to whom records belong whose row names nobody; the caller when absent.
    pub owner: Option<String>,
    /// Judges everything and stores nothing.
    pub dry_run: bool,
    /// Whether workflows shall hear of the records.
    pub workflows: bool,
    /// Rules that the caller has confirmed.
    pub confirm: Vec<String>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            map: IndexMap::new(),
            key: None,
            sheet: None,
            owner: None,
            dry_run: false,
            workflows: true,
            confirm: Vec::new(),
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Imported {
    /// Rows that hold anything, the header and what stands above it aside.
    pub total: usize,
    /// Rows that are new records; with `dry_run`, that would be.
    pub created: usize,
    /// Rows that changed a record, or named one without changing it.
    pub updated: usize,
    /// Rows that are not stored, in the order of the file.
    pub refused: Vec<RefusedRow>,
    /// Which field each column went to: header to key.
    pub mapped: IndexMap<String, String>,
    /// Headers of columns that went nowhere.
    pub unmapped: Vec<String>,
    /// Whether nothing was stored on purpose.
    pub dry_run: bool,
}

/// A row that is not stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RefusedRow {
    /// Its number in the file, from 1.
    pub row: u64,
    /// Everything that is wrong with it.
    pub problems: Vec<CellProblem>,
}

/// What is wrong with a cell, or with a row where no column is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellProblem {
    /// `F`; absent where the file has no column for the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands above the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stands in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// As for records: `record.required`, `record.not_unique` …, or `import.…`.
    pub code: String,
    /// Where in the record: `/phone`.
    pub pointer: String,
    /// The sentence, in the language of the caller.
    pub message: String,
}

/// An import under way.
struct Importing {
    caller: Caller,
    plan: Arc<AppPlan>,
    entity: Arc<EntityPlan>,
    header: Header,
    options: ImportOptions,
    owner: Option<Id>,
}

impl Runtime {
    /// Creates or changes records from a CSV or XLSX file, as the caller, with the caller's rights and every rule.
    ///
    /// Rows are stored in transactions of at most 500, in the order of the file: whoever kills the engine half-way
    /// finds whole batches from the top of the file and nothing of the rest, and may repeat the import: rows that
    /// are in are refused as not unique, or change nothing where `key` is given. A row may refer by name to records
    /// that are stored already, rows of earlier batches among them.
    ///
    /// # Errors
    /// Unknown entity; denied; [`Error::BadFile`] when it is not a file of rows or no header names a field of the
    /// entity; violations when the options name what is not there. What is wrong with a row is in the answer.
    pub async fn import(
        &self,
        caller: &Caller,
        entity: &str,
        ((file_name, bytes), options): ((&str, &[u8]), ImportOptions),
    ) -> Result<Imported, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?.clone();
        self.may_import(&plan, caller, &entity)?;
        let rights = access::field_rights(&plan, &entity, caller);
        let fillable = Fillable { entity: &entity, rights: &rights, map: &options.map };
        fillable.check()?;
        let owner = self.owner_named(caller, &entity, options.owner.as_deref()).await?;
        let rows = read(bytes.to_vec(), options.sheet.clone())
            .await
            .map_err(|why| bad_file(caller, file_name, &why))?;
        let Some(header) = fillable.header(&rows) else {
            let args = [("file", file_name), ("entity", entity.title.as_str())];
            return Err(Error::BadFile(said(caller, "import.no_header", args)));
        };
        check_key(&entity, &header, options.key.as_deref())?;
        let importing = Importing { caller: caller.clone(), plan, entity, header, options, owner };
        let runtime = self.clone();
        spawned(async move { runtime.import_rows(importing, rows).await }).await
    }

    fn may_import(&self, plan: &AppPlan, caller: &Caller, entity: &EntityPlan) -> Result<(), Error> {
        access::check_create(plan, entity, caller)?;
        let scope = access::row_scope(plan, entity, caller, Action::Import, self.0.clock.now());
        if scope == RowScope::Nothing {
            Err(Error::denied(Action::Import.as_str(), &entity.key))
        } else {
            Ok(())
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

/// Reads a file where it may take its time, and may fail as it likes.
async fn read(bytes: Vec<u8>, sheet: Option<String>) -> Result<Vec<Row>, Unreadable> {
    let work = tokio::task::spawn_blocking(move || sheet::read(&bytes, sheet.as_deref()));
    work.await.unwrap_or_else(|error| Err(Unreadable::Broken(error.to_string())))
}

fn bad_file(caller: &Caller, file: &str, why: &Unreadable) -> Error {
    Error::BadFile(match why {
        Unreadable::NotAWorkbook => said(caller, "import.not_a_workbook", [("file", file)]),
        Unreadable::Empty => said(caller, "import.empty", [("file", file)]),
        Unreadable::Broken(why) => said(caller, "import.broken_workbook", [("file", file), ("why", why)]),
    })
}

fn said<const N: usize>(caller: &Caller, code: &str, args: [(&str, &str); N]) -> String {
    let args: Fields = args.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    sentence(caller.language, code, &args)
}

fn check_key(entity: &EntityPlan, header: &Header, key: Option<&str>) -> Result<(), Violations> {
    let Some(key) = key else { return Ok(()) };
    let is_unique = entity.fields.get(key).is_some_and(|field| field.def.unique);
    if is_unique && header.columns.iter().any(|column| column.field == key) {
        return Ok(());
    }
    Err(Violation::new("import.key", "/key").with("field", key).into())
}
