//! What a caller may see of each of some records: rights add up row by row, over the roles whose read scope holds
//! the record. Bounded questions to the store, never one a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kezhi_plan::access::{FieldRights, Reach, Readers};
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::facts::Circumstances;
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Id, Record};

use super::verbs::Manner;
use crate::error::Error;
use crate::runtime::Runtime;

/// The rights on one record; `None` where the caller may not read it at all.
pub(crate) type Seen = Option<Arc<FieldRights>>;

/// The rights on each record, one question to a reader or a transaction for each role that other records take part in.
macro_rules! rights_of_roles {
    ($source:ident, $readers:ident, $entity:ident, $records:ident, $circumstances:ident) => {{
        let ids: Vec<Id> = $records.iter().map(|record| record.id).collect();
        let mut seeing: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); $records.len()];
        for role in 0..$readers.count() {
            let held: Vec<bool> = match $readers.reach(role, $circumstances.now) {
                Reach::Every => vec![true; $records.len()],
                Reach::Record => {
                    $records.iter().map(|one| $readers.holds(role, &one.flat(), &$circumstances)).collect()
                }
                Reach::Store(filter) => {
                    let found = $source.matching(&$entity.key, &filter, &ids).await?;
                    ids.iter().map(|id| found.contains(id)).collect()
                }
            };
            for (at, _) in held.iter().enumerate().filter(|(_, held)| **held) {
                seeing[at].insert(role);
            }
        }
        alike_once(&$readers, seeing)
    }};
}

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
        let reader = self.0.store.reader();
        Ok(rights_of_roles!(reader, readers, entity, records, circumstances))
    }

    /// The rights of whoever the circumstances name on a record that lies in a transaction.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn seen_in(
        tx: &mut Tx,
        (plan, entity): (&AppPlan, &EntityPlan),
        record: &Record,
        circumstances: &Circumstances,
    ) -> Result<Seen, Error> {
        let records = std::slice::from_ref(record);
        let seen = Self::seen_all_in(tx, (plan, entity), records, circumstances).await?;
        Ok(seen.into_iter().next().flatten())
    }

    /// The same of several records, in their order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub(crate) async fn seen_all_in(
        tx: &mut Tx,
        (plan, entity): (&AppPlan, &EntityPlan),
        records: &[Record],
        circumstances: &Circumstances,
    ) -> Result<Vec<Seen>, Error> {
        let readers = Readers::of(plan, entity, &circumstances.caller);
        if circumstances.caller.is_unlimited() {
            let rights = Arc::new(readers.rights(|_| true));
            return Ok(vec![Some(rights); records.len()]);
        }
        Ok(rights_of_roles!(tx, readers, entity, records, circumstances))
    }
}

/// The rights that each set of roles gives, made once for those that are alike.
fn alike_once(readers: &Readers<'_>, seeing: Vec<BTreeSet<usize>>) -> Vec<Seen> {
    let mut known: BTreeMap<BTreeSet<usize>, Arc<FieldRights>> = BTreeMap::new();
    let rights = |roles: BTreeSet<usize>| {
        if roles.is_empty() {
            return None;
        }
        let made = || Arc::new(readers.rights(|at| roles.contains(&at)));
        Some(known.entry(roles.clone()).or_insert_with(made).clone())
    };
    seeing.into_iter().map(rights).collect()
}
