//! Serial numbers for many new records at once: taken together, given to those that are stored, the rest given back.

use std::collections::BTreeMap;

use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::SerialNeed;
use kezhi_store::Tx;
use kezhi_types::Record;

use crate::error::Error;

/// Serial numbers taken for many rows: `(field, text before the number)` to the next one and how many are left.
#[derive(Default, Clone)]
pub(super) struct Numbers(BTreeMap<(String, String), (i64, u32)>);

impl Numbers {
    /// Takes as many as the rows may want, counters in the order of their names, so that two transactions never wait for
    /// each other.
    pub(super) async fn take(
        tx: &mut Tx,
        entity: &EntityPlan,
        needs: impl Iterator<Item = &SerialNeed>,
    ) -> Result<Self, Error> {
        let mut wanted: BTreeMap<(String, String), u32> = BTreeMap::new();
        for need in needs {
            *wanted.entry((need.field.clone(), need.prefix.clone())).or_default() += 1;
        }
        let mut taken = BTreeMap::new();
        for ((field, prefix), count) in wanted {
            let first = tx.next_serials(&format!("{}.{field}", entity.key), &prefix, count).await?;
            taken.insert((field, prefix), (first, count));
        }
        Ok(Self(taken))
    }

    /// The numbers that the next row would get.
    pub(super) fn offered(&self, needs: &[SerialNeed]) -> BTreeMap<String, i64> {
        let next = |need: &SerialNeed| self.0.get(&(need.field.clone(), need.prefix.clone()));
        needs.iter().filter_map(|need| Some((need.field.clone(), next(need)?.0))).collect()
    }

    /// The row is stored and keeps its numbers; a row that is refused leaves them to the next.
    pub(super) fn use_up(&mut self, needs: &[SerialNeed], record: &Record) {
        for need in needs.iter().filter(|need| record.data.contains_key(&need.field)) {
            if let Some((next, left)) = self.0.get_mut(&(need.field.clone(), need.prefix.clone())) {
                *next += 1;
                *left -= 1;
            }
        }
    }

    pub(super) async fn give_back(self, tx: &mut Tx, entity: &EntityPlan) -> Result<(), Error> {
        for ((field, prefix), (_, left)) in self.0 {
            if left > 0 {
                tx.return_serials(&format!("{}.{field}", entity.key), &prefix, left).await?;
            }
        }
        Ok(())
    }
}
