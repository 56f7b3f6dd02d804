//! Numbers over many records, with the rights of whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::AppPlan;
use kezhi_plan::query::{self, AggregateRequest};
use kezhi_plan::record;
use kezhi_types::aggregate::{AggregateQuery, Group};
use kezhi_types::query::{Part, Shape};
use kezhi_types::{Caller, Fields, Id};
use serde::Serialize;
use serde_json::Value;

use super::read::entity_known;
use crate::error::Error;
use crate::runtime::Runtime;

/// Groups with their measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Numbers {
    /// The groups in order, each an object of its keys and measures.
    pub items: Vec<Fields>,
    /// Whether there are more groups than `limit`.
    pub more: bool,
    /// Names of the records and people that the groups are of.
    pub titles: BTreeMap<String, String>,
}

impl Runtime {
    /// Counts, sums, averages, medians of the records that the caller may read, by group.
    ///
    /// # Errors
    /// `query.…` for a wrong question or a sum that is too large, unknown entity.
    pub async fn aggregate(
        &self,
        caller: &Caller,
        entity: &str,
        request: &AggregateRequest,
    ) -> Result<Numbers, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, entity)?;
        let mut question = query::plan_aggregate(&plan, entity, caller, request, self.0.clock.now())?;
        let wanted = question.limit as usize;
        question.limit += 1;
        let mut items = self.0.store.reader().aggregate(&question).await?;
        let more = items.len() > wanted;
        items.truncate(wanted);
        let titles = self.group_titles(&plan, caller, &question, &items).await?;
        Ok(Numbers { items, more, titles })
    }

    async fn group_titles(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        question: &AggregateQuery,
        items: &[Fields],
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut titles = BTreeMap::new();
        let references = question.groups.iter().filter(|one| one.operand.column.shape == Shape::Reference);
        for group in references {
            let ids: BTreeSet<Id> = items
                .iter()
                .filter_map(|item| item.get(&group.name).and_then(Value::as_str)?.parse().ok())
                .collect();
            match target(plan, question, group) {
                Some(target) => {
                    let Some(target) = plan.entity(target) else { continue };
                    for (id, fields) in self.visible_records(plan, caller, target, ids).await? {
                        titles.insert(id, record::title(target, &fields));
                    }
                }
                None => {
                    let directory = self.directory().await?;
                    let named = ids
                        .iter()
                        .filter_map(|id| Some((id.to_string(), directory.users.get(id)?.name.clone())));
                    titles.extend(named);
                }
            }
        }
        Ok(titles)
    }
}

/// The entity that a group's ids are of; `None` for people.
fn target<'a>(plan: &'a AppPlan, question: &AggregateQuery, group: &Group) -> Option<&'a str> {
    let entity = group.operand.path.last().map_or(&question.entity, |(_, entity)| entity);
    let column = &group.operand.column;
    if column.part == Part::System && column.field == "id" {
        return plan.entity(entity).map(|entity| entity.key.as_str());
    }
    let (target, _) = plan.entity(entity)?.fields.get(&column.field)?.relation.as_ref()?;
    Some(target)
}
