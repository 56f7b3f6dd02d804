//! Files that nobody attached within a day, and those of records that were taken out for good, are removed: first
//! given up, then their bytes, then their rows, so that being killed in between leaves nothing behind.

use std::sync::atomic::Ordering;

use super::receive::DAY;
use crate::error::Error;
use crate::runtime::Runtime;

/// How often it is looked for them, in milliseconds.
const EVERY: i64 = 3_600_000;
/// How many are removed at a time.
const SOME: u32 = 200;

impl Runtime {
    /// Removes what nobody holds, once an hour.
    pub(crate) async fn sweep_files(&self) -> Result<(), Error> {
        let now = self.0.clock.now();
        let swept = &self.0.depot.swept;
        if now.0 < swept.load(Ordering::Relaxed).saturating_add(EVERY) {
            return Ok(());
        }
        let mut tx = self.0.store.begin().await?;
        tx.give_up_files(now.plus_millis(-DAY)).await?;
        tx.commit().await?;
        loop {
            let going = self.0.store.reader().patient().going_files(SOME).await?;
            for id in &going {
                self.0.depot.remove(*id).await?;
            }
            if going.is_empty() {
                break;
            }
            let mut tx = self.0.store.begin().await?;
            tx.forget_files(&going).await?;
            tx.commit().await?;
        }
        swept.store(now.0, Ordering::Relaxed);
        Ok(())
    }
}
