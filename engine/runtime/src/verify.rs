//! Proof that everything that is kept beside the documents agrees with them: promoted columns, search words, rollups,
//! files.

use std::collections::{BTreeMap, HashMap};

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_store::verify::Difference;
use kezhi_types::{Caller, Entrance, Id, Record};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::records::{Pending, Why, WriteContext};
use crate::runtime::Runtime;

/// Records whose rollups are computed in one question.
const BATCH: u32 = 256;
/// Differences that are told one by one.
const TOLD: usize = 1_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Verified {
    /// Entities looked at.
    pub entities: usize,
    /// Records looked at, those in the bin included.
    pub records: usize,
    /// How many differences there are.
    pub differences: usize,
    /// The first 1,000 of them.
    pub items: Vec<Difference>,
    /// Whether they have been put right.
    pub repaired: bool,
}

impl Runtime {
    /// Computes every promoted column, every search word and every rollup anew and compares, and looks for every file. With `repair` what
    /// differs is written anew. People may go on working.
    ///
    /// # Errors
    /// Denied to all but administrators and the operator; when the database fails.
    pub async fn verify(&self, caller: &Caller, repair: bool) -> Result<Verified, Error> {
        if !caller.is_unlimited() {
            return Err(Error::Denied { action: "verify".into(), subject: "workspace".into() });
        }
        let plan = self.plan()?;
        // What waits to be derived is no difference.
        while self.derive_stale().await? > 0 {}
        let mut verified = Verified { repaired: repair, ..Verified::default() };
        let mut found = Vec::new();
        for entity in self.0.store.entities() {
            verified.entities += 1;
            let mut after = None;
            while let Some((last, count)) = self.0.store.verify(&entity, after, repair, &mut found).await? {
                after = Some(last);
                verified.records += count;
                verified.take(&mut found);
            }
            self.0.store.verify_words(&entity, repair, &mut found).await?;
            self.0.store.verify_links(&entity, repair, &mut found).await?;
            if let Some(entity) = plan.entity(&entity) {
                self.verify_rollups(&plan, entity, repair, &mut found).await?;
                self.verify_files(entity, repair, &mut found).await?;
            }
            verified.take(&mut found);
        }
        Ok(verified)
    }

    async fn verify_rollups(
        &self,
        plan: &std::sync::Arc<AppPlan>,
        entity: &EntityPlan,
        repair: bool,
        found: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        if entity.fields.values().all(|field| field.rollup.is_none()) {
            return Ok(());
        }
        let reader = self.0.store.reader();
        let mut after: Option<Id> = None;
        loop {
            let ids = reader.ids(&entity.key, None, after, BATCH).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            let records = reader.get_records(&entity.key, &ids).await?;
            let mut suspects: Vec<Id> = Vec::new();
            for field in entity.fields.values() {
                let Some(rollup) = &field.rollup else { continue };
                let wanted = reader.rollup(rollup, &ids).await?;
                let wrong = records.iter().filter(|record| !agrees(record, &field.key, &wanted));
                suspects.extend(wrong.map(|record| record.id));
            }
            suspects.sort_unstable();
            suspects.dedup();
            for id in suspects {
                self.verify_record(plan, entity, (id, repair), found).await?;
            }
        }
    }

    /// Looks at one record again under its lock: between two questions somebody may have written.
    async fn verify_record(
        &self,
        plan: &std::sync::Arc<AppPlan>,
        entity: &EntityPlan,
        (id, repair): (Id, bool),
        found: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let Some(record) = tx.lock_record(&entity.key, id).await? else { return Ok(tx.rollback().await?) };
        let before = found.len();
        for field in entity.fields.values() {
            let Some(rollup) = &field.rollup else { continue };
            if !agrees(&record, &field.key, &tx.rollup(rollup, &[id]).await?) {
                let (entity, what) = (entity.key.clone(), field.key.clone());
                found.push(Difference { entity, record: Some(id), what });
            }
        }
        if !repair || found.len() == before {
            return Ok(tx.rollback().await?);
        }
        let now = self.0.clock.now();
        let context = WriteContext::system(plan.clone(), "verify", Entrance::Derived, now, 1);
        let mut pending = Pending::new();
        self.derive_many(&mut tx, &context, (entity, &BTreeMap::from([(id, Why::Anything)])), &mut pending)
            .await?;
        self.derive_pending(&mut tx, &context, pending).await?;
        Ok(tx.commit().await?)
    }
}

impl Verified {
    fn take(&mut self, found: &mut Vec<Difference>) {
        self.differences += found.len();
        let room = TOLD.saturating_sub(self.items.len());
        self.items.extend(found.drain(..).take(room));
    }
}

/// Whether a record's rollup is what its children say; one that waits to be computed is not judged.
fn agrees(record: &Record, field: &str, wanted: &HashMap<Id, Value>) -> bool {
    let waits = record.stale.iter().any(|key| key == field || key == "*");
    let stored = record.derived.get(field).unwrap_or(&Value::Null);
    waits || stored == wanted.get(&record.id).unwrap_or(&Value::Null)
}
