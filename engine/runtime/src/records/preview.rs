//! What a deletion would take along, before anybody deletes. The deletion is carried out and taken back, so that the preview
//! is exactly what would happen; where other records stand against it, these are looked for.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::AppPlan;
use kezhi_plan::facts::ids_in;
use kezhi_plan::record;
use kezhi_store::{Batch as BatchRow, HistoryKind};
use kezhi_types::def::entity::OnDelete;
use kezhi_types::{Caller, Entrance, Fields, Id};
use serde::Serialize;

use super::delete::{CASCADE_DEPTH, CASCADE_LIMIT, leading_to};
use super::undo::{Done, done_by};
use super::verbs::{Manner, TRIES, spawned};
use crate::error::Error;
use crate::facts::related;
use crate::runtime::Runtime;

/// Records that are named of each relation.
const NAMED: usize = 20;
/// Records whose relations are followed to find what stands against a deletion.
const FOLLOWED: usize = 10_000;

/// What would come of a deletion.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Preview {
    /// Whether it would happen.
    pub allowed: bool,
    /// What would be deleted with it.
    pub deletes: Vec<Touched>,
    /// What would no longer name it.
    pub clears: Vec<Touched>,
    /// What stands against it.
    pub refuses: Vec<Touched>,
    /// How many records stand against it that the caller may not read, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<usize>,
}

/// Records that name what would be deleted, by one relation; those that the caller may read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Touched {
    /// Their entity.
    pub entity: String,
    /// What it is called.
    pub title: String,
    /// The relation.
    pub field: String,
    /// How many there are; of those that stand against it at most 1,000 are counted.
    pub count: usize,
    /// The first twenty.
    pub records: Vec<Named>,
}

/// A record by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its id.
    pub id: Id,
    /// What it is called.
    pub title: String,
}

/// Records by their entity and the relation by which they name what goes.
type Naming = BTreeMap<(String, String), BTreeSet<Id>>;

impl Runtime {
    /// What the deletion of a record would take along; nothing is deleted.
    ///
    /// # Errors
    /// Those of [`Runtime::delete_record`] but `record.referenced`, which the preview tells.
    pub async fn preview_deletion(
        &self,
        caller: &Caller,
        (entity, id): (&str, Id),
        manner: Manner,
    ) -> Result<Preview, Error> {
        super::read::entity_known(&*self.plan()?, caller, entity)?;
        let (runtime, caller, entity) = (self.clone(), caller.clone(), entity.to_owned());
        spawned(async move {
            let mut tries = 0;
            loop {
                match runtime.preview_once(&caller, (&entity, id), &manner).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    Err(error) => return Err(runtime.told_whole(&caller, Some((entity, id)), error).await),
                    preview => return preview,
                }
            }
        })
        .await
    }

    async fn preview_once(
        &self,
        caller: &Caller,
        (entity, id): (&str, Id),
        manner: &Manner,
    ) -> Result<Preview, Error> {
        let context = self.context(caller, Entrance::Api, manner)?;
        let own = Id::new(context.now);
        let (by, at) = (caller.id, context.now);
        let mut tx = self.begin(&context).await?;
        // What it does is found by this name, and goes with it.
        let batch = BatchRow { id: own, entity: entity.to_owned(), by, at, undone_at: None };
        tx.begin_batch(&batch).await?;
        let outcome = self.delete_in(&mut tx, &context, (entity, id), manner.version).await;
        let done = match &outcome {
            Ok(_) => done_by(&mut tx, own).await?,
            Err(_) => Vec::new(),
        };
        tx.rollback().await?;
        match outcome {
            Ok(_) => self.what_follows(&context.plan, caller, (id, &done)).await,
            Err(Error::Conflict { code: "record.referenced", .. }) => {
                self.what_refuses(&context.plan, caller, (entity, id)).await
            }
            Err(error) => Err(error),
        }
    }

    async fn what_follows(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (asked, done): (Id, &[Done]),
    ) -> Result<Preview, Error> {
        let is_gone = |one: &Done| one.changes.iter().any(|entry| entry.row.kind == HistoryKind::Deleted);
        let gone: BTreeSet<Id> = done.iter().filter(|one| is_gone(one)).map(|one| one.id).collect();
        let (mut deletes, mut clears) = (Naming::new(), Naming::new());
        for one in done.iter().filter(|one| one.id != asked) {
            let Some(entity) = plan.entity(&one.entity) else { continue };
            let record = self.0.store.reader().get_record(&one.entity, one.id).await?;
            let Some(record) = record else { continue };
            let wanted = if is_gone(one) { OnDelete::Cascade } else { OnDelete::Clear };
            let naming = if is_gone(one) { &mut deletes } else { &mut clears };
            for field in entity.fields.values() {
                let follows = field.relation.as_ref().is_some_and(|(_, on_delete)| *on_delete == wanted);
                let names =
                    ids_in(record.data.get(&field.key)).into_iter().any(|named| gone.contains(&named));
                if follows && names {
                    let key = (one.entity.clone(), field.key.clone());
                    naming.entry(key).or_default().insert(one.id);
                }
            }
        }
        let (deletes, _) = self.told_of(plan, caller, deletes).await?;
        let (clears, _) = self.told_of(plan, caller, clears).await?;
        Ok(Preview { allowed: true, deletes, clears, ..Preview::default() })
    }

    /// Every relation that refuses, also that of what would go with the record.
    async fn what_refuses(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        (entity, id): (&str, Id),
    ) -> Result<Preview, Error> {
        let mut against = Naming::new();
        let mut next = vec![(entity.to_owned(), id, 0)];
        let mut followed = BTreeSet::from([id]);
        while let Some((entity, id, depth)) = next.pop() {
            for (other, via, on_delete) in leading_to(plan, &entity) {
                let question = related(&other.key, via.clone(), id, CASCADE_LIMIT);
                let rows = self.0.store.reader().list(&question).await?.records;
                let too_many = rows.len() as u32 >= CASCADE_LIMIT || depth >= CASCADE_DEPTH;
                if on_delete == OnDelete::Refuse || (too_many && !rows.is_empty()) {
                    let key = (other.key.clone(), via.field.clone());
                    against.entry(key).or_default().extend(rows.iter().map(|row| row.id));
                } else if on_delete == OnDelete::Cascade && followed.len() < FOLLOWED {
                    let new = rows.iter().filter(|row| followed.insert(row.id));
                    next.extend(new.map(|row| (other.key.clone(), row.id, depth + 1)));
                }
            }
        }
        against.retain(|_, ids| !ids.is_empty());
        let (refuses, hidden) = self.told_of(plan, caller, against).await?;
        Ok(Preview { refuses, hidden: (hidden > 0).then_some(hidden), ..Preview::default() })
    }

    /// What the caller may know of them, and how many there are beside.
    async fn told_of(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        naming: Naming,
    ) -> Result<(Vec<Touched>, usize), Error> {
        let (mut told, mut hidden) = (Vec::new(), 0);
        for ((key, field), ids) in naming {
            let Some(entity) = plan.entity(&key) else { continue };
            let all = ids.len();
            let mut known = self.visible_records(plan, caller, entity, ids).await?;
            // Who may not read the relation does not learn whom it names.
            known.retain(|_, fields| tells(fields, &field));
            hidden += all - known.len();
            if known.is_empty() {
                continue;
            }
            let named = known.iter().filter_map(|(id, fields)| {
                Some(Named { id: id.parse().ok()?, title: record::title(entity, fields) })
            });
            let records = named.take(NAMED).collect();
            told.push(Touched {
                title: entity.title.clone(),
                entity: key,
                field,
                count: known.len(),
                records,
            });
        }
        Ok((told, hidden))
    }
}

/// Whether a caller sees the field as it is.
fn tells(fields: &Fields, field: &str) -> bool {
    let masked = fields.get("masked").and_then(serde_json::Value::as_array);
    let is_masked = masked.is_some_and(|masked| masked.iter().any(|name| name == field));
    !is_masked && fields.get(field).is_some_and(|value| !value.is_null())
}
