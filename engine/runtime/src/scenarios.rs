//! Scenarios: given, when, then, under a virtual clock. (being written)

use kezhi_types::def::files::Folder;

use crate::error::Error;
use crate::scripts::WorkerCommand;

/// What became of one case or scenario.
#[derive(Debug, Clone)]
pub struct ScenarioResult {
    /// The file.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Whether everything was as expected.
    pub passed: bool,
    /// What was not.
    pub failures: Vec<String>,
}

/// Runs the cases and scenarios of a template.
///
/// # Errors
/// Definitions that do not compile.
pub async fn run(template: &Folder, worker: WorkerCommand) -> Result<Vec<ScenarioResult>, Error> {
    let _ = (template, worker);
    Ok(Vec::new())
}
