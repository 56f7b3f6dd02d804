//! People and departments from files. The whole file is checked first; what is right is stored in one transaction, what is
//! wrong is told row by row, and a trial stores nothing.

/// Departments.
mod departments;
/// Which column holds what, and what is wrong with a row.
mod sheet;
/// People.
mod people;

use kezhi_types::Caller;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::import::RefusedRow;
use crate::jobs::Upload;
use crate::people::MANAGE;
use crate::runtime::Runtime;

/// The most rows of a file, the header with them.
const ROWS: usize = 5_001;
/// Wrong rows that are told.
const TOLD: usize = 500;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roster {
    /// People by login.
    Users,
    /// Departments by key, or by title.
    Departments,
}

/// What became of a file, or what would.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RosterReport {
    /// Whether nothing was stored.
    pub dry_run: bool,
    /// Rows below the header.
    pub rows: usize,
    /// New ones.
    pub created: usize,
    /// Known ones that change.
    pub updated: usize,
    /// Known ones that stay as they are.
    pub unchanged: usize,
    /// Wrong rows.
    pub errors: usize,
    /// The first 500 of these, each with what is wrong.
    pub refused: Vec<RefusedRow>,
    /// Headers that name nothing known; their columns are left out.
    pub ignored: Vec<String>,
}

impl Runtime {
    /// Makes and changes people or departments as a file says.
    ///
    /// # Errors
    /// Denied without `manage_users`; [`Error::BadFile`]; `people.too_many_rows`; `people.no_header`;
    /// `user.last_administrator`.
    pub async fn import_roster(
        &self,
        caller: &Caller,
        roster: Roster,
        (name, mut file, dry_run): (&str, Upload, bool),
    ) -> Result<RosterReport, Error> {
        self.require(caller, MANAGE)?;
        file.finish().await?;
        let rows = self.text_rows(caller, (name, file.path()), ROWS).await?;
        let mut report = match roster {
            Roster::Users => self.import_people(caller, &rows, dry_run).await?,
            Roster::Departments => self.import_departments(caller, &rows, dry_run).await?,
        };
        report.dry_run = dry_run;
        report.errors = report.refused.len();
        report.refused.sort_by_key(|refused| refused.row);
        report.refused.truncate(TOLD);
        Ok(report)
    }
}
