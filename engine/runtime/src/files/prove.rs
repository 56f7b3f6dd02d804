//! Proof that the files that records name are there, with all their bytes, and that whoever may read a field reads them.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::EntityPlan;
use kezhi_plan::kind::{holds_files, names_files};
use kezhi_store::verify::Difference;
use kezhi_store::{FileState, FileUse, StoredFile};
use kezhi_types::{Id, Record};
use object_store::ObjectStoreExt as _;

use crate::depot::{place_of, unavailable};
use crate::error::Error;
use crate::records::held::files_of;
use crate::runtime::Runtime;

/// Records that are looked at in one go.
const BATCH: u32 = 256;

/// What is wrong with one file of a field.
enum Wrong {
    /// The field is not known to hold it.
    Unheld(FileUse, Id),
    /// It, or some of its bytes, is not there.
    Lost(FileUse),
}

impl Runtime {
    /// Compares every file field of an entity with what is known of the files, and with their bytes. With `repair`
    /// fields hold again what they name; bytes that are gone stay gone.
    pub(crate) async fn verify_files(
        &self,
        entity: &EntityPlan,
        repair: bool,
        found: &mut Vec<Difference>,
    ) -> Result<(), Error> {
        if !entity.fields.values().any(holds_files) {
            return Ok(());
        }
        let reader = self.0.store.reader().patient();
        let mut after: Option<Id> = None;
        loop {
            let ids = reader.ids(&entity.key, None, after, BATCH).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            let records = reader.get_records(&entity.key, &ids).await?;
            for wrong in self.wrong_files(entity, &records).await? {
                let place = match &wrong {
                    Wrong::Unheld(place, file) => {
                        if repair {
                            let mut tx = self.0.store.begin().await?;
                            tx.hold_files(place, &[*file]).await?;
                            tx.commit().await?;
                        }
                        place
                    }
                    Wrong::Lost(place) => place,
                };
                let (entity, what) = (place.entity.clone(), place.field.clone());
                found.push(Difference { entity, record: Some(place.record), what });
            }
        }
    }

    async fn wrong_files(&self, entity: &EntityPlan, records: &[Record]) -> Result<Vec<Wrong>, Error> {
        let mut named = Vec::new();
        for record in records {
            for field in entity.fields.values().filter(|field| holds_files(field)) {
                let place =
                    FileUse { entity: entity.key.clone(), record: record.id, field: field.key.clone() };
                // A rich text may show a picture that was never its own.
                let files = files_of(field, record.data.get(&field.key), names_files);
                named.extend(files.into_iter().map(|file| (file, place.clone())));
            }
        }
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let reader = self.0.store.reader().patient();
        let ids: BTreeSet<Id> = named.iter().map(|(file, _)| *file).collect();
        let ids: Vec<Id> = ids.into_iter().collect();
        let files: BTreeMap<Id, StoredFile> =
            reader.files_by_ids(&ids).await?.into_iter().map(|file| (file.id, file)).collect();
        let records: Vec<Id> = records.iter().map(|record| record.id).collect();
        let held = reader.held_in(&entity.key, &records).await?;
        let mut wrong = Vec::new();
        for (file, place) in named {
            match files.get(&file) {
                Some(known) if !self.is_whole(known).await? => wrong.push(Wrong::Lost(place)),
                None => wrong.push(Wrong::Lost(place)),
                Some(known) => {
                    let is_held = held.iter().any(|(held, by)| *held == file && *by == place);
                    if !is_held || known.state != FileState::Attached {
                        wrong.push(Wrong::Unheld(place, file));
                    }
                }
            }
        }
        Ok(wrong)
    }

    async fn is_whole(&self, file: &StoredFile) -> Result<bool, Error> {
        match self.0.depot.store()?.head(&place_of(file.id)).await {
            Ok(object) => Ok(object.size == file.size),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(unavailable(&error.to_string())),
        }
    }
}
