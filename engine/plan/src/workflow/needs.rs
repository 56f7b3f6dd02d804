//! What the store must answer before a node is carried out or a trigger is judged.

use kezhi_types::Fields;

use super::plan::{TriggerPlan, Work, WorkflowPlan};
use crate::catalog::Catalog;
use crate::condition::{ConditionPlan, FilterContext, PathRead, Reads};
use crate::facts::{Facts, Needs, follow};
use crate::message::MessagePlan;

/// What a node needs that `facts` does not answer yet. Asked again until it is empty or nothing new is found.
pub fn of_node(plan: &WorkflowPlan, node: &str, facts: &Facts, context: &FilterContext<'_>) -> Needs {
    let Some(node) = plan.nodes.get(node) else { return Needs::default() };
    let mut needs = of_reads(&node.reads, facts, context.record);
    if let Work::Decision { branches, .. } = &node.work {
        for (condition, _) in branches {
            add_probes(&mut needs, condition, facts, context);
        }
    }
    needs
}

/// What the trigger's condition needs that `facts` does not answer yet.
pub fn of_trigger(plan: &WorkflowPlan, facts: &Facts, context: &FilterContext<'_>) -> Needs {
    let mut needs = of_reads(&plan.trigger_reads, facts, context.record);
    if let Some(condition) = plan.trigger.condition() {
        add_probes(&mut needs, condition, facts, context);
    }
    needs
}

/// What a message reads of a record of `entity`: names that are no path of it stay empty when rendered.
pub fn reads_of_message(message: &MessagePlan, catalog: &Catalog, entity: &str) -> Reads {
    let mut reads = Reads::default();
    for name in message.reads() {
        let Some(path) = name.strip_prefix("record.") else { continue };
        let Ok(resolved) = catalog.resolve(entity, path) else { continue };
        if resolved.looked_up {
            reads.lookups.insert(path.to_owned(), resolved.text());
        }
        if !resolved.hops.is_empty() {
            let hops = resolved.hops.into_iter().map(|(column, entity)| (column.field, entity)).collect();
            reads.paths.insert(PathRead { table: None, hops, field: resolved.column.field });
        }
    }
    reads
}

/// The next records along the paths of `reads`.
pub fn of_reads(reads: &Reads, facts: &Facts, record: Option<&Fields>) -> Needs {
    let mut needs = Needs::default();
    for path in reads.paths.iter().filter(|path| path.table.is_none()) {
        let Some(record) = record else { continue };
        follow(&path.hops, record, facts, &mut |entity, id| {
            needs.records.insert((entity.to_owned(), id));
        });
    }
    needs
}

fn add_probes(needs: &mut Needs, condition: &ConditionPlan, facts: &Facts, context: &FilterContext<'_>) {
    let unanswered =
        condition.probes(context).into_iter().filter(|probe| !facts.probes.contains_key(&probe.number));
    needs.probes.extend(unanswered);
}

impl TriggerPlan {
    /// The condition under which a run is started; of a schedule, which records it visits.
    pub fn condition(&self) -> Option<&ConditionPlan> {
        match self {
            Self::Created { when }
            | Self::Updated { when, .. }
            | Self::Graded { when, .. }
            | Self::Date { when, .. }
            | Self::Schedule { each: when, .. } => when.as_ref(),
        }
    }
}
