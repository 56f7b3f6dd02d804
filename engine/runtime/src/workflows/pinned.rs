//! Plans that runs are pinned to, and the people of a step. Kept in memory, found again when forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use kezhi_plan::app::AppPlan;
use kezhi_plan::workflow::WorkflowPlan;
use kezhi_plan::workflow::org::{Department, Org, Person};
use parking_lot::Mutex;

use crate::error::Error;
use crate::people::Directory;
use crate::releases::compiled;
use crate::runtime::Runtime;

/// Compiled releases that are no longer live, by number.
#[derive(Debug, Default)]
pub(super) struct Pinned(Mutex<BTreeMap<i64, Arc<AppPlan>>>);

/// More old releases than this are compiled again when needed.
const KEPT: usize = 32;

impl Runtime {
    /// The app as a release had it.
    pub(crate) async fn pinned(&self, release: i64) -> Result<Arc<AppPlan>, Error> {
        let live = self.plan()?;
        if live.release == release {
            return Ok(live);
        }
        if let Some(plan) = self.0.workflows.pinned.0.lock().get(&release) {
            return Ok(plan.clone());
        }
        let found = compiled(self.release_folder(release).await?, release).await?;
        let plan = Arc::new(found.plan.ok_or(Error::Definitions(found.diagnostics))?);
        let mut kept = self.0.workflows.pinned.0.lock();
        if kept.len() >= KEPT {
            kept.pop_first();
        }
        kept.insert(release, plan.clone());
        Ok(plan)
    }

    /// A workflow as a release had it.
    pub(crate) async fn pinned_workflow(&self, release: i64, key: &str) -> Result<Arc<WorkflowPlan>, Error> {
        let plan = self.pinned(release).await?;
        let found = plan.workflows.get(key).cloned();
        found.ok_or_else(|| {
            Error::Internal(format!(
                "release {release} has no workflow `{key}` although a run is pinned to it"
            ))
        })
    }

    /// People and departments as a step sees them.
    pub(crate) async fn org(&self) -> Result<Org, Error> {
        Ok(org(&*self.directory().await?))
    }
}

fn org(directory: &Directory) -> Org {
    let people = directory.users.values().map(|user| {
        let person = Person {
            login: user.login.clone(),
            name: user.name.clone(),
            active: user.active,
            roles: user.roles.clone(),
            department: user.department,
            manager: user.manager,
            successor: user.successor,
        };
        (user.id, person)
    });
    let departments = directory.departments.values().map(|found| {
        let (key, deputies) = (found.key.clone(), found.deputies.clone());
        (found.id, Department { key, parent: found.parent, head: found.head, deputies })
    });
    Org { people: people.collect(), departments: departments.collect() }
}
