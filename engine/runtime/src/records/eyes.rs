//! What a caller may see of each of some records: rights add up row by row, over the roles whose read scope holds
//! the record. Bounded questions to the store, never one a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kezhi_plan::access::{FieldRights, Reach, Readers};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Id, Record};

use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// The rights on one record; `None` where the caller may not read it at all.
pub(crate) type Seen = Option<Arc<FieldRights>>;

impl Runtime {
    /// The caller's rights on each of these stored records, in their order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn seen(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        records: &[Record],
    ) -> Result<Vec<Seen>, Error> {
        self.rights_on(plan, caller, (entity, records), false).await
    }

    /// The same of records that the caller is known to be allowed to read, as those of a list are.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn seen_inside(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        records: &[Record],
    ) -> Result<Vec<Seen>, Error> {
        self.rights_on(plan, caller, (entity, records), true).await
    }

    async fn rights_on(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, records): (&EntityPlan, &[Record]),
        inside: bool,
    ) -> Result<Vec<Seen>, Error> {
        let readers = Readers::of(plan, entity, caller);
        let alike = caller.is_unlimited() || (inside && readers.count() == 1);
        if alike {
            let rights = Arc::new(readers.rights(|_| true));
            return Ok(vec![Some(rights); records.len()]);
        }
        let circumstances =
            self.context(caller, Entrance::Api, &Manner::default())?.circumstances(RuleOperation::Update);
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let mut seeing: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); records.len()];
        for role in 0..readers.count() {
            let held: Vec<bool> = match readers.reach(role, circumstances.now) {
                Reach::Every => vec![true; records.len()],
                Reach::Record => {
                    records.iter().map(|one| readers.holds(role, &one.flat(), &circumstances)).collect()
                }
                Reach::Store(filter) => {
                    let found: BTreeSet<Id> = self
                        .0
                        .store
                        .reader()
                        .matching(&entity.key, &filter, &ids)
                        .await?
                        .into_iter()
                        .collect();
                    ids.iter().map(|id| found.contains(id)).collect()
                }
            };
            for (at, _) in held.iter().enumerate().filter(|(_, held)| **held) {
                seeing[at].insert(role);
            }
        }
        let mut known: BTreeMap<BTreeSet<usize>, Arc<FieldRights>> = BTreeMap::new();
        let rights = seeing.into_iter().map(|roles| {
            let found = known.entry(roles.clone());
            (!roles.is_empty())
                .then(|| found.or_insert_with(|| Arc::new(readers.rights(|at| roles.contains(&at)))).clone())
        });
        Ok(rights.collect())
    }
}
