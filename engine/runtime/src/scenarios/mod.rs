//! Scenarios: given, when, then, under a virtual clock. The specification that people can read.
//!
//! Each file of `scenarios/` runs in a workspace of its own that is thrown away: the template without its sample
//! data, the people and records that are given, an outbox in memory, a clock that stands. The engine settles after
//! every step; `after` moves the clock from one due instant to the next, so that timers fire in their order.
//!
//! What is expected:
//! - `record: {of, fields}`: the fields named have these values; null means absent, of an object only the keys named
//!   count. `deleted: true` instead: it is in the bin.
//! - `run: {of, workflow?, state?, node?}`: the latest run about the record stands so.
//! - `tasks: [{of?, workflow?, node?, assignee?, state?, outcome?, due_at?}]`: each is a task of its own; the records named
//!   have no other unfinished task, and no other task at the nodes named. `[]`: there is no task at all.
//! - `messages: [{message, to?, of?, subject?}]`: these messages of the template have been sent, and no others;
//!   reminders of tasks do not count.

/// What has come of it.
mod expect;
/// A workspace that is thrown away.
mod stage;
/// What somebody does, and time.
mod steps;

use kezhi_plan::cases::{CaseRef, CaseResult};
use kezhi_types::def::files::Folder;
use kezhi_types::def::scenario::ScenarioDef;

use crate::error::Error;
use crate::scripts::{Answer, Question, ScriptPool, WorkerCommand};
use stage::Stage;

/// What became of one case or scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioResult {
    /// The file.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Whether everything was as expected.
    pub passed: bool,
    /// What was not, a sentence each.
    pub failures: Vec<String>,
}

/// Runs the cases and scenarios of a template, in the order of the files.
///
/// # Errors
/// Definitions that do not compile. What goes wrong in a case or a scenario is in its result.
pub async fn run(template: &Folder, worker: WorkerCommand) -> Result<Vec<ScenarioResult>, Error> {
    let compiled = crate::releases::compiled(template.clone(), 0).await?;
    let plan = compiled.plan.ok_or(Error::Definitions(compiled.diagnostics))?;
    let mut results = cases(&plan, worker.clone()).await;
    for (path, text) in template.0.iter().filter(|(path, _)| is_scenario(path)) {
        results.push(match serde_json::from_str::<ScenarioDef>(text) {
            Ok(scenario) => play(template, path, scenario, worker.clone()).await,
            Err(error) => {
                result(path, "", vec![format!("the file cannot be read: {error}; run `kezhi check`")])
            }
        });
    }
    Ok(results)
}

/// Scripts of cases run in a child, like every script, and each case has the time that a judgement has.
async fn cases(plan: &kezhi_plan::app::AppPlan, worker: WorkerCommand) -> Vec<ScenarioResult> {
    let pool = ScriptPool::new(worker);
    let mut results = Vec::new();
    for CaseRef { path, index, name } in kezhi_plan::cases::list(plan) {
        let question = Question::Case { path: path.clone(), index };
        let failures = match pool.ask(plan, &question).await {
            Ok(Answer::Json(told)) => match serde_json::from_value::<CaseResult>(told) {
                Ok(told) => told.failures,
                Err(error) => vec![error.to_string()],
            },
            Ok(other) => vec![format!("the script worker answered {other:?}")],
            Err(error) => vec![error.to_string()],
        };
        results.push(result(&path, &name, failures));
    }
    results
}

async fn play(template: &Folder, path: &str, scenario: ScenarioDef, worker: WorkerCommand) -> ScenarioResult {
    let title = scenario.title.clone();
    let failures = match Stage::open(template, &scenario, worker).await {
        Ok(stage) => perform(stage, &scenario).await,
        Err(failure) => vec![failure],
    };
    result(path, &title, failures)
}

/// Every step in turn; a deed that went otherwise than expected ends the scenario, an expectation does not.
async fn perform(mut stage: Stage, scenario: &ScenarioDef) -> Vec<String> {
    let mut failures = Vec::new();
    for (index, step) in scenario.steps.iter().enumerate() {
        let found = match &step.expect {
            Some(expected) => stage.compare(expected).await,
            None => stage.perform(step).await.map(|()| Vec::new()),
        };
        let number = index + 1;
        match found {
            Ok(differences) => {
                failures.extend(differences.into_iter().map(|found| format!("step {number}: {found}")))
            }
            Err(failure) => {
                failures.push(format!("step {number}: {failure}"));
                break;
            }
        }
    }
    failures
}

fn is_scenario(path: &str) -> bool {
    path.starts_with("scenarios/") && path.ends_with(".json")
}

fn result(file: &str, title: &str, failures: Vec<String>) -> ScenarioResult {
    ScenarioResult { file: file.to_owned(), title: title.to_owned(), passed: failures.is_empty(), failures }
}
