//! What publishing would change and touch: sentences, and counts of records and runs.

use std::collections::BTreeSet;

use kezhi_plan::diff;
use kezhi_plan::evolution::{self, Change};
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::query::CountMode;
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Fields};
use serde::Serialize;
use serde_json::Value;

use super::compiled;
use super::evolution::Evolved;
use super::standing::Standing;
use crate::error::Error;
use crate::runtime::Runtime;

/// What publishing the draft would do.
#[derive(Debug, Clone, Serialize)]
pub struct DraftPlan {
    /// One sentence a change.
    pub changes: Vec<Value>,
    /// How much of the workspace it touches.
    pub affected: Affected,
    /// Steps that must be confirmed by name.
    pub destructive: Vec<Destructive>,
    /// Fields against which records stand: that become required although records lack them, or allow less than records
    /// hold; each is among the steps to confirm.
    pub standing: Vec<Standing>,
    /// What becomes of stored values.
    pub evolution: Vec<Evolved>,
}

/// How much of the workspace a release touches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Living records of the changed entities, and of those whose grade changes.
    pub records: i64,
    /// Runs that are not over of the changed workflows.
    pub runs: i64,
    /// Files that refer to what changes.
    pub references: i64,
}

/// A step that loses something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destructive {
    /// Named in `confirm`.
    pub id: String,
    /// What is lost.
    pub text: String,
}

impl Runtime {
    /// What publishing the draft would change and touch.
    ///
    /// # Errors
    /// Denied without `use_builder`.
    pub async fn plan_draft(&self, caller: &Caller) -> Result<DraftPlan, Error> {
        self.require(caller, "use_builder")?;
        let (old, new) = (self.live_folder(), self.draft_folder().await?);
        self.plan_between(caller, (&old, &new), None).await
    }

    pub(super) async fn plan_between(
        &self,
        caller: &Caller,
        (old, new): (&Folder, &Folder),
        restored_from: Option<i64>,
    ) -> Result<DraftPlan, Error> {
        let found = diff::changes(old, new);
        let mut destructive: Vec<Destructive> = found
            .iter()
            .filter_map(|change| change.destructive.clone().map(|id| (id, change)))
            .map(|(id, change)| Destructive { id, text: change.sentence(caller.language) })
            .collect();
        // A draft that does not compile is explained elsewhere.
        let (mut evolution, mut standing) = (Vec::new(), Vec::new());
        if let Ok(plan) = self.compiled_for(new.clone(), 0).await {
            standing = self.lacking(caller, &plan).await?;
            let (evolved, unfit) = self.foresee(caller, &plan, restored_from).await?;
            evolution = evolved;
            standing.extend(unfit);
        }
        destructive.extend(standing.iter().map(|standing| completing(caller, standing)));
        destructive.extend(evolution.iter().filter_map(|evolved| converting(caller, evolved)));
        let affected = self.affected(old, new).await?;
        let changes = found.iter().map(|change| change.view(caller.language)).collect();
        Ok(DraftPlan { changes, affected, destructive, standing, evolution })
    }

    async fn affected(&self, old: &Folder, new: &Folder) -> Result<Affected, Error> {
        let mut affected = Affected::default();
        let mut entities = BTreeSet::new();
        let reader = self.0.store.reader().patient();
        let changed: Vec<&String> =
            old.0.iter().filter(|(path, text)| new.0.get(*path) != Some(text)).map(|(p, _)| p).collect();
        for path in changed {
            let Some((kind, key)) = Folder::definition(path) else { continue };
            match kind {
                Kind::Entity => {
                    entities.insert(key.to_owned());
                }
                // Whoever carries the grade is graded again.
                Kind::Grade => entities.extend(graded_by(new, key)),
                Kind::Workflow => {
                    let live = reader.live_runs_per_node(key).await?;
                    affected.runs += live.iter().map(|(_, count)| count).sum::<i64>();
                }
                _ => {}
            }
            let quoted = format!("\"{key}\"");
            affected.references +=
                new.0.iter().filter(|(other, text)| *other != path && text.contains(&quoted)).count() as i64;
        }
        for key in entities {
            let count = reader.count(&crate::facts::everything(&key), CountMode::Exact).await;
            // A table that was never made holds no records.
            affected.records += count.ok().flatten().map_or(0, |count| count.value);
        }
        Ok(affected)
    }

    /// Whether the draft compiles, and into what.
    pub(super) async fn compiled_for(
        &self,
        folder: Folder,
        number: i64,
    ) -> Result<kezhi_plan::app::AppPlan, Error> {
        let mut compiled = compiled(folder, number).await?;
        if let (Some(plan), Ok(live)) = (&compiled.plan, self.0.live.plan()) {
            compiled.diagnostics.extend(evolution::findings(&live, plan));
        }
        let errors = compiled.diagnostics.iter().any(|found| found.severity == kezhi_types::Severity::Error);
        match compiled.plan {
            Some(plan) if !errors => Ok(plan),
            _ => Err(Error::Definitions(compiled.diagnostics)),
        }
    }
}

/// The entities that have a field of this grade.
fn graded_by(folder: &Folder, grade: &str) -> Vec<String> {
    let carries = |text: &str| {
        let def: Value = serde_json::from_str(text).unwrap_or_default();
        let fields = def["properties"].as_object();
        fields.is_some_and(|fields| fields.values().any(|field| field["x-grade"] == grade))
    };
    let entities = folder.0.iter().filter_map(|(path, text)| match Folder::definition(path)? {
        (Kind::Entity, key) => carries(text).then(|| key.to_owned()),
        _ => None,
    });
    entities.collect()
}

/// What the steps that refuse values begin with.
pub(super) const CONVERT: &str = "convert:";

/// The step that a person confirms: values that have no form in the new release become empty. Where not every record was
/// looked at, there may be some.
fn converting(caller: &Caller, evolved: &Evolved) -> Option<Destructive> {
    if evolved.refused == 0 && (evolved.complete || evolved.change == Change::Drop) {
        return None;
    }
    let mut args = Fields::new();
    args.insert("field".to_owned(), evolved.title.clone().into());
    args.insert("count".to_owned(), evolved.refused.into());
    args.insert("total".to_owned(), evolved.total.into());
    let code = if evolved.complete { "draft.converting" } else { "draft.converting_some" };
    let id = format!("{CONVERT}{}.{}", evolved.entity, evolved.field);
    Some(Destructive { id, text: sentence(caller.language, code, &args) })
}

/// The step that a person confirms: records stay as they are until somebody fills them in.
fn completing(caller: &Caller, standing: &Standing) -> Destructive {
    let mut args = Fields::new();
    args.insert("field".to_owned(), standing.title.clone().into());
    args.insert("count".to_owned(), standing.count.into());
    let (verb, code) = match standing.why {
        "unfit" => ("unfit", "draft.unfit"),
        _ => ("require", "draft.lacking"),
    };
    Destructive {
        id: format!("{verb}:{}.{}", standing.entity, standing.field),
        text: sentence(caller.language, code, &args),
    }
}
