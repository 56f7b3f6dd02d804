//! Serial numbers that an import or a template brings along: their counters go on behind them.

use std::collections::BTreeMap;

use kezhi_plan::app::EntityPlan;
use kezhi_plan::record::brought_serials;
use kezhi_store::Tx;
use kezhi_types::{Entrance, Fields};

use super::change::WriteContext;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// Moves the counters past the numbers that these new records bring, before any of them takes one.
    pub(super) async fn raise_serials<'f>(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        records: impl Iterator<Item = &'f Fields>,
    ) -> Result<(), Error> {
        if !matches!(context.entrance, Entrance::Import | Entrance::Template) {
            return Ok(());
        }
        let mut highest: BTreeMap<(String, String), i64> = BTreeMap::new();
        for brought in records.flat_map(|fields| brought_serials(entity, fields)) {
            let known = highest.entry((brought.field, brought.prefix)).or_default();
            *known = brought.number.max(*known);
        }
        for ((field, prefix), number) in highest {
            tx.raise_serial(&format!("{}.{field}", entity.key), &prefix, number).await?;
        }
        Ok(())
    }
}
