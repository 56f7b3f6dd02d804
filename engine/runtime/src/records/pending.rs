//! Records of other entities that must be derived again before a transaction ends, and why.

use std::collections::BTreeMap;

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::{Circumstances, ids_in};
use kezhi_plan::rollup::{Step, step};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Id, Record};

use super::change::WriteContext;

/// Rollups of a record, each with what came and went among the records that it counts.
pub(crate) type Steps = BTreeMap<String, Vec<Step>>;

/// Why a record is derived again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Why {
    /// Anything that it reads may have changed.
    Anything,
    /// Records that point at it have changed: its rollups move by these steps.
    Moved(Steps),
}

/// The records, in the order of (entity, id), in which they are locked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pending(BTreeMap<(String, Id), Why>);

impl Pending {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record, whatever it was derived for.
    pub fn insert(&mut self, record: (String, Id)) {
        self.0.insert(record, Why::Anything);
    }

    /// Adds a record for this reason besides those that are known.
    pub fn add(&mut self, record: (String, Id), why: Why) {
        let known = self.0.entry(record).or_insert_with(|| Why::Moved(Steps::new()));
        match (known, why) {
            (Why::Anything, _) => {}
            (known, Why::Anything) => *known = Why::Anything,
            (Why::Moved(known), Why::Moved(more)) => {
                for (field, steps) in more {
                    known.entry(field).or_default().extend(steps);
                }
            }
        }
    }

    pub fn remove(&mut self, record: &(String, Id)) {
        self.0.remove(record);
    }

    pub fn first(&self) -> Option<&(String, Id)> {
        self.0.keys().next()
    }

    pub fn pop_first(&mut self) -> Option<((String, Id), Why)> {
        self.0.pop_first()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the records whose derived fields read what has changed; `before` is none for a record that came, `after` for
    /// one that went.
    pub fn feed(
        &mut self,
        context: &WriteContext,
        entity: &EntityPlan,
        (before, after): (Option<&Record>, Option<&Record>),
        changed: &[String],
    ) {
        let circumstances = context.circumstances(RuleOperation::Update);
        for feed in &entity.feeds {
            let whole = before.is_none() || after.is_none();
            let matters =
                whole || changed.iter().any(|field| *field == feed.via || feed.reads.contains(field));
            if !matters {
                continue;
            }
            let parents = |record: Option<&Record>| {
                record.map_or_else(Vec::new, |record| ids_in(record.data.get(&feed.via)))
            };
            let (were, are) = (parents(before), parents(after));
            let mut all: Vec<Id> = were.iter().chain(&are).copied().collect();
            all.sort_unstable();
            all.dedup();
            for parent in all {
                let before = before.filter(|_| were.contains(&parent));
                let after = after.filter(|_| are.contains(&parent));
                let steps =
                    steps(context, entity, (&feed.entity, &feed.via), (before, after), &circumstances);
                self.add((feed.entity.clone(), parent), Why::Moved(steps));
            }
        }
    }
}

impl FromIterator<(String, Id)> for Pending {
    fn from_iter<T: IntoIterator<Item = (String, Id)>>(records: T) -> Self {
        Self(records.into_iter().map(|record| (record, Why::Anything)).collect())
    }
}

impl Extend<(String, Id)> for Pending {
    fn extend<T: IntoIterator<Item = (String, Id)>>(&mut self, records: T) {
        records.into_iter().for_each(|record| self.insert(record));
    }
}

/// The steps of the rollups that count records of this entity through this relation.
fn steps(
    context: &WriteContext,
    entity: &EntityPlan,
    (parent, via): (&str, &str),
    (before, after): (Option<&Record>, Option<&Record>),
    circumstances: &Circumstances,
) -> Steps {
    let fields = context.plan.entity(parent).into_iter().flat_map(|parent| parent.fields.values());
    let counts = |field: &&kezhi_plan::app::FieldPlan| {
        let counted =
            |rollup: &kezhi_types::query::RollupQuery| rollup.entity == entity.key && rollup.via.field == via;
        field.rollup.as_ref().is_some_and(counted)
    };
    fields
        .filter(counts)
        .map(|field| (field.key.clone(), vec![step(field, before, after, circumstances)]))
        .collect()
}
