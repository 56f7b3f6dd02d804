//! An upsert: one operation that changes the record which has a key, or makes it.

use kezhi_plan::{access, kind};
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Fields, Violation, Violations};

use super::change::{Change, Rights, WriteContext};
use super::write::entity_of;
use crate::error::Error;
use crate::facts::column_of;
use crate::runtime::Runtime;

impl Runtime {
    /// An upsert is an update of the record that has the key, or else a create.
    pub(super) async fn upsert(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        key: &str,
        (by, record): (Fields, Fields),
    ) -> Result<Change, Error> {
        let known = entity_of(context, key)?;
        let unique = |field: &str| {
            Violations::from(Violation::new("batch.key", "/key").with("field", field.to_owned()))
        };
        let (field, value) = by.iter().next().filter(|_| by.len() == 1).ok_or_else(|| unique(""))?;
        let plan = known.fields.get(field).filter(|plan| plan.def.unique).ok_or_else(|| unique(field))?;
        let column = column_of(&known, field).ok_or_else(|| unique(field))?;
        let mut fields = by.clone();
        fields.extend(record);
        let entity = key.to_owned();
        // Whoever may not read the field finds nobody by it, and nobody's record that is not theirs to see.
        let limited = context.rights == Rights::Caller;
        if limited && !access::field_rights(&context.plan, &known, &context.caller).may_read(field) {
            return Err(unique(field).into());
        }
        let mut found = tx.taken(&entity, &column, &kind::unique_key(plan, value), None).await?;
        if let (Some(id), true) = (found, limited) {
            let circumstances = context.circumstances(RuleOperation::Update);
            let record = tx.get_record(&entity, id).await?;
            let seen = match &record {
                Some(record) => Self::seen_in(tx, (&context.plan, &known), record, &circumstances).await?,
                None => None,
            };
            found = found.filter(|_| seen.is_some_and(|rights| rights.may_read(field)));
        }
        Ok(match found {
            Some(id) => Change::Update { entity, id, fields, version: None },
            None => Change::Create { entity, id: None, fields },
        })
    }
}
