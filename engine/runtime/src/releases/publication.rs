//! Carrying a release out: tables are made ready, records are turned, and one transaction makes it live. The same for a
//! request that waits and for a job that is watched; what a job has done, it goes on from after `kill -9`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::evolution::{Earlier, Evolution, KeptStep};
use kezhi_store::releases::Release;
use kezhi_store::{Asked, DraftFile, Evolving, Kept, Turned};
use kezhi_types::def::files::Folder;
use kezhi_types::query::Layout;
use kezhi_types::{Caller, Record, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ReleaseView;
use super::publish::{conflict, derives_anew};
use super::told::{Told, close_job, take_edits};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::seals::hex;

/// Writes that may be left for the transaction that makes the release live.
const LEFT: usize = 200;
/// Files of a release that the audit names.
const FILES: usize = 200;
/// How often what was written meanwhile is looked for, where more is written than can be copied again.
const ROUNDS: usize = 100;

/// What is to become live.
#[derive(Debug, Clone)]
pub(super) struct Publication {
    pub folder: Folder,
    pub note: String,
    pub restored_from: Option<i64>,
    /// The release that was looked at.
    pub base: i64,
    /// The draft files as they were read with it.
    pub files: Vec<DraftFile>,
}

/// How it ended.
#[derive(Debug)]
pub(super) enum Ended {
    Live(ReleaseView),
    /// Somebody has stopped the job.
    Cancelled,
    /// The server was told to end; another goes on.
    Later,
}

/// One entity whose table is made anew.
struct Anew {
    evolving: Evolving,
    evolution: Option<Evolution>,
    generations: Vec<i64>,
}

impl Anew {
    /// What becomes of a record, for the store.
    fn turn(&self, record: &Record, kept: &[Kept]) -> Option<Turned> {
        let evolution = self.evolution.as_ref()?;
        let earlier: Vec<Earlier> = kept
            .iter()
            .filter(|kept| self.generations.contains(&kept.generation))
            .map(|kept| Earlier {
                generation: kept.generation,
                was: kept.was.clone(),
                became: kept.became.clone(),
            })
            .collect();
        let outcome = evolution.turn(record, &earlier);
        outcome.is_changed(record).then(|| Turned {
            data: outcome.data,
            derived: outcome.derived,
            was: outcome.was,
            became: outcome.became,
        })
    }
}

impl Runtime {
    /// What becomes of the records of each entity between the live plan and another.
    pub(super) async fn evolutions(
        &self,
        old: &AppPlan,
        new: &AppPlan,
        restored_from: Option<i64>,
    ) -> Result<(Vec<Evolution>, BTreeMap<String, Vec<i64>>), Error> {
        let now = self.0.clock.now();
        let Some(number) = restored_from else {
            return Ok((kezhi_plan::evolution::between(old, new, now, None), BTreeMap::new()));
        };
        let mut undone: BTreeMap<String, BTreeMap<i64, Vec<KeptStep>>> = BTreeMap::new();
        for key in new.entities.keys() {
            let since = self.0.store.reader().patient().evolutions(key).await?;
            let since = since.into_iter().filter(|evolved| evolved.release > number);
            let steps = since.map(|evolved| {
                (evolved.generation, serde_json::from_value(evolved.steps).unwrap_or_default())
            });
            undone.insert(key.clone(), steps.collect());
        }
        let generations =
            undone.iter().map(|(key, steps)| (key.clone(), steps.keys().copied().collect())).collect();
        Ok((kezhi_plan::evolution::between(old, new, now, Some(&undone)), generations))
    }

    /// How many records a publication has to fill or to turn.
    pub(super) async fn work_ahead(&self, plan: &AppPlan, restored_from: Option<i64>) -> Result<i64, Error> {
        let Ok(live) = self.0.live.plan() else { return Ok(0) };
        let (evolutions, _) = self.evolutions(&live, plan, restored_from).await?;
        let mut records = 0;
        for entity in plan.entities.values() {
            let turned = evolutions.iter().any(|evolution| evolution.entity == entity.key);
            if turned || self.0.store.must_fill(&entity.layout) {
                records += self.0.store.reader().patient().all_records(&entity.key).await?;
            }
        }
        Ok(records)
    }

    /// Carries a publication out, from where `told` stands. Only under the store's lease.
    pub(super) async fn carry_release(
        &self,
        caller: &Caller,
        publication: &Publication,
        told: &mut Told,
    ) -> Result<Ended, Error> {
        if self.0.live.number() != publication.base {
            return Err(self.overtaken().await?);
        }
        let plan = self.compiled_for(publication.folder.clone(), publication.base + 1).await?;
        self.0.store.drop_evolutions(Some(told.job)).await?;
        let old = self.0.live.plan().ok();
        let (evolutions, generations) = match &old {
            Some(old) => self.evolutions(old, &plan, publication.restored_from).await?,
            None => (Vec::new(), BTreeMap::new()),
        };
        let mut evolutions: BTreeMap<String, Evolution> =
            evolutions.into_iter().map(|evolution| (evolution.entity.clone(), evolution)).collect();
        let touched: BTreeMap<String, BTreeSet<String>> =
            evolutions.iter().map(|(key, evolution)| (key.clone(), evolution.touched())).collect();
        let mut anew = Vec::new();
        for entity in plan.entities.values() {
            let evolution = evolutions.remove(&entity.key);
            if evolution.is_none() && !self.0.store.makes_anew(&entity.layout) {
                if let Some(ended) = self.make_ready(caller, &plan, &entity.layout, told).await? {
                    return Ok(ended);
                }
                continue;
            }
            let generations = generations.get(&entity.key).cloned().unwrap_or_default();
            let one = self.begin_anew(&entity.layout, evolution, generations, told).await?;
            if let Some(ended) = self.fill_anew(&one, told).await? {
                return Ok(ended);
            }
            anew.push(one);
        }
        for one in &anew {
            let indexed = self.0.store.index_evolution(&one.evolving).await;
            if let Err(error) = indexed {
                return Err(self.evolving_doubles(caller, &plan, one, error).await?);
            }
        }
        for one in &anew {
            self.follow(one).await?;
        }
        self.go_live((caller, publication), (plan, old), (anew.as_slice(), &touched), told).await
    }

    /// Adds and fills the columns of an entity whose records stay as they are.
    async fn make_ready(
        &self,
        caller: &Caller,
        plan: &AppPlan,
        layout: &Layout,
        told: &mut Told,
    ) -> Result<Option<Ended>, Error> {
        let filling = self.0.store.begin_layout(layout).await?;
        loop {
            let filled = self.0.store.fill_some(&filling).await?;
            if filled == 0 {
                break;
            }
            if let Some(ended) = self.moved(told, filled).await? {
                return Ok(Some(ended));
            }
        }
        match self.0.store.finish_layout(&filling, layout).await {
            Ok(()) => Ok(None),
            Err(error) => Err(self.not_unique(caller, plan, error).await?),
        }
    }

    async fn begin_anew(
        &self,
        layout: &Layout,
        evolution: Option<Evolution>,
        generations: Vec<i64>,
        told: &mut Told,
    ) -> Result<Anew, Error> {
        let touched = evolution.as_ref().map(Evolution::touched).unwrap_or_default();
        let steps = evolution.as_ref().map(Evolution::kept_steps).unwrap_or_default();
        let steps = serde_json::to_value(steps).unwrap_or_default();
        let asked = Asked { layout, touched: &touched, steps: &steps, back: &generations };
        let evolving = self.0.store.begin_evolution(told.job, asked, self.0.clock.now()).await?;
        told.done += evolving.copied();
        Ok(Anew { evolving, evolution, generations })
    }

    async fn fill_anew(&self, one: &Anew, told: &mut Told) -> Result<Option<Ended>, Error> {
        loop {
            let turn = |record: &Record, kept: &[Kept]| one.turn(record, kept);
            let copied = self.0.store.evolve_some(&one.evolving, &turn).await?;
            if copied == 0 {
                self.follow(one).await?;
                return Ok(None);
            }
            if let Some(ended) = self.moved(told, copied).await? {
                return Ok(Some(ended));
            }
        }
    }

    /// Copies again what was written, until little is left.
    async fn follow(&self, one: &Anew) -> Result<(), Error> {
        let turn = |record: &Record, kept: &[Kept]| one.turn(record, kept);
        for _ in 0..ROUNDS {
            match self.0.store.catch_up(&one.evolving, &turn).await {
                Ok(settled) if settled < LEFT => return Ok(()),
                Ok(_) => {}
                // Records that pass a unique value to one another are settled where nobody writes.
                Err(kezhi_store::Error::NotUnique { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The one transaction: whoever writes meanwhile has done so under the old release, or does so under the new one.
    async fn go_live(
        &self,
        (caller, publication): (&Caller, &Publication),
        (plan, old): (AppPlan, Option<Arc<AppPlan>>),
        (anew, touched): (&[Anew], &BTreeMap<String, BTreeSet<String>>),
        told: &Told,
    ) -> Result<Ended, Error> {
        let release = Release {
            number: publication.base + 1,
            at: self.0.clock.now(),
            by: caller.id,
            note: publication.note.clone(),
            restored_from: publication.restored_from,
        };
        let mut tx = self.0.store.begin_alone().await?;
        if tx.lock_live_release().await? != publication.base {
            drop(tx);
            return Err(self.overtaken().await?);
        }
        self.keep_managers(&mut tx, (old.as_deref(), &plan)).await?;
        let mut finished = Vec::new();
        for one in anew {
            let turn = |record: &Record, kept: &[Kept]| one.turn(record, kept);
            match tx.finish_evolution(&one.evolving, &turn, (release.number, release.at)).await {
                Ok(table) => finished.push(table),
                Err(error) => {
                    drop(tx);
                    return Err(self.evolving_doubles(caller, &plan, one, error).await?);
                }
            }
        }
        tx.insert_release(&release, &publication.folder.0.clone().into_iter().collect()).await?;
        take_edits(&mut tx, publication, (release.number, told.watched)).await?;
        let folders = (&self.live_folder(), &publication.folder);
        note(&mut tx, told_of(caller, &release, folders)).await?;
        for key in self.derived_anew(old.as_deref(), &plan, touched) {
            tx.mark_entity_stale(&key, release.at).await?;
        }
        let view = view(&release);
        if told.watched && !close_job(&mut tx, told, &view, self.0.clock.now()).await? {
            tx.rollback().await?;
            return Ok(Ended::Cancelled);
        }
        let layouts: Vec<_> = plan.entities.values().map(|entity| entity.layout.clone()).collect();
        let plan = Arc::new(plan);
        let (live, next) = (self.clone(), plan.clone());
        self.0.store.commit_release(tx, finished, move || live.0.live.swap(&next)).await?;
        self.tidy(&layouts).await;
        self.warm_scripts(plan);
        self.released().await?;
        self.0.wake.notify_one();
        Ok(Ended::Live(view))
    }

    /// Entities whose records must be derived again: by definitions that changed, and by values that did.
    fn derived_anew(
        &self,
        old: Option<&AppPlan>,
        plan: &AppPlan,
        touched: &BTreeMap<String, BTreeSet<String>>,
    ) -> BTreeSet<String> {
        let by_definition = plan.entities.values().filter(|entity| derives_anew(old, entity));
        let mut found: BTreeSet<String> = by_definition.map(|entity| entity.key.clone()).collect();
        let derives = |entity: &EntityPlan| entity.fields.values().any(|field| field.is_derived());
        for (key, fields) in touched {
            let Some(entity) = plan.entity(key) else { continue };
            if derives(entity) {
                found.insert(key.clone());
            }
            let matters = |reads: &BTreeSet<String>| reads.iter().any(|read| fields.contains(read));
            let feeds = entity.feeds.iter().filter(|feed| matters(&feed.reads) || fields.contains(&feed.via));
            found.extend(feeds.map(|feed| feed.entity.clone()));
            let dependents = entity.dependents.iter().filter(|dependent| matters(&dependent.reads));
            found.extend(dependents.map(|dependent| dependent.entity.clone()));
        }
        found
    }

    async fn overtaken(&self) -> Result<Error, Error> {
        self.load_live_release().await?;
        let detail = "another release was published meanwhile; look again";
        Ok(conflict("draft.overtaken", detail, Value::Null))
    }

    /// The refusal of a unique field whose values several records share once they are turned; other failures as they are.
    async fn evolving_doubles(
        &self,
        caller: &Caller,
        plan: &AppPlan,
        one: &Anew,
        error: kezhi_store::Error,
    ) -> Result<Error, Error> {
        let kezhi_store::Error::NotUnique { field, .. } = &error else { return Ok(error.into()) };
        let doubles = self.0.store.evolving_doubles(&one.evolving, field).await?;
        self.shared_values(caller, plan, (one.evolving.entity(), field), doubles).await
    }
}

fn view(release: &Release) -> ReleaseView {
    ReleaseView {
        number: release.number,
        at: release.at,
        by: release.by,
        note: release.note.clone(),
        restored_from: release.restored_from,
        live: true,
    }
}

/// When values that were turned are kept no longer.
pub(crate) fn kept_since(now: Timestamp) -> Timestamp {
    const KEPT: i64 = 30 * 24 * 3_600_000;
    now.plus_millis(-KEPT)
}

/// What is published, for the audit: the files that differ from what was live, what all of them together hash to, and which
/// release came back.
fn told_of(caller: &Caller, release: &Release, (live, folder): (&Folder, &Folder)) -> Note {
    let action = if release.restored_from.is_some() { "restored" } else { "published" };
    let differs = |path: &&String| live.0.get(*path) != folder.0.get(*path);
    let gone = live.0.keys().filter(|path| !folder.0.contains_key(*path));
    let files: Vec<&String> = folder.0.keys().filter(differs).chain(gone).take(FILES).collect();
    let hash = |text: &str| hex(&Sha256::digest(text.as_bytes()));
    let all: String = folder.0.iter().map(|(path, text)| format!("{path} {}\n", hash(text))).collect();
    let told = Note::new("release", action, caller, release.at).detail("number", release.number);
    let told = told.detail("note", release.note.as_str()).detail("files", json!(files));
    let told = told.detail("content", hash(&all));
    match release.restored_from {
        Some(number) => told.detail("restored_from", number),
        None => told,
    }
}
