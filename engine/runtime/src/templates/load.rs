//! Loading the rows of a template through the one write path, file by file, in the order in which they refer
//! to each other.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kezhi_plan::app::AppPlan;
use kezhi_types::def::files::Folder;
use kezhi_types::def::manifest::ManifestDef;
use kezhi_types::{Entrance, Id};

use super::rows::{Names, row};
use crate::error::Error;
use crate::people::Directory;
use crate::records::{NewRecord, Pending, WriteContext};
use crate::runtime::Runtime;

/// How many records one transaction takes.
const BATCH: usize = 500;
/// How many refused rows are told.
const TOLD: usize = 20;

/// What is known while files are loaded.
struct Loading {
    context: WriteContext,
    directory: Arc<Directory>,
    refs: HashMap<(String, String), Id>,
    shift: i64,
    pending: Pending,
    records: usize,
    refused: Vec<String>,
}

impl Runtime {
    /// Loads the data of a template: `(records stored, rows refused)`.
    pub(super) async fn load_data(
        &self,
        template: &Folder,
        manifest: &ManifestDef,
        sample: bool,
    ) -> Result<(usize, Vec<String>), Error> {
        let plan = self.plan()?;
        let now = self.0.clock.now();
        let zone = jiff::tz::TimeZone::get(&plan.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let as_of =
            manifest.sample.as_ref().and_then(|sample| sample.as_of.parse::<jiff::civil::Date>().ok());
        let shift = as_of
            .and_then(|day| now.date_in(&zone).since(day).ok())
            .map_or(0, |span| i64::from(span.get_days()));
        let mut context = WriteContext::system(plan.clone(), "template", Entrance::Template, now, 0);
        context.workflows = false;
        let mut loading = Loading {
            context,
            directory: self.directory().await?,
            refs: HashMap::new(),
            shift,
            pending: Pending::new(),
            records: 0,
            refused: Vec::new(),
        };
        for entity in in_order(&plan, template) {
            let is_sample = manifest.sample.as_ref().is_some_and(|sample| sample.files.contains(&entity));
            if sample || !is_sample {
                self.load_file(template, (&entity, is_sample), &mut loading).await?;
            }
        }
        self.derive_loaded(&mut loading).await?;
        Ok((loading.records, loading.refused))
    }

    async fn load_file(
        &self,
        template: &Folder,
        (entity, sample): (&str, bool),
        loading: &mut Loading,
    ) -> Result<(), Error> {
        let path = format!("data/{entity}.csv");
        let Some(text) = template.get(&path) else { return Ok(()) };
        let plan = loading.context.plan.clone();
        let plan = plan.entity(entity).ok_or_else(|| Error::UnknownEntity(entity.to_owned()))?;
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
        let bad = |error: csv::Error| Error::BadFile(format!("{path}: {error}"));
        let header: Vec<String> = reader.headers().map_err(bad)?.iter().map(str::to_owned).collect();
        let mut batch = Vec::with_capacity(BATCH);
        for (line, cells) in reader.records().enumerate() {
            let cells = cells.map_err(bad)?;
            let names = Names { refs: &loading.refs, directory: &loading.directory, shift: loading.shift };
            let line = line + 2;
            match row(plan, &header, &cells, &names) {
                Err(why) => refuse(loading, format!("{path}:{line}: {why}")),
                Ok(read) => {
                    let id = Id::new(loading.context.now);
                    if let Some(name) = read.name {
                        loading.refs.insert((entity.to_owned(), name), id);
                    }
                    batch.push((line, NewRecord { id, fields: read.fields, owner: read.owner }));
                }
            }
            if batch.len() == BATCH {
                self.load_batch((entity, sample), std::mem::take(&mut batch), loading).await?;
            }
        }
        self.load_batch((entity, sample), batch, loading).await
    }

    async fn load_batch(
        &self,
        (entity, sample): (&str, bool),
        batch: Vec<(usize, NewRecord)>,
        loading: &mut Loading,
    ) -> Result<(), Error> {
        let (lines, rows): (Vec<usize>, Vec<NewRecord>) = batch.into_iter().unzip();
        let mut tx = self.0.store.begin().await?;
        let outcomes =
            self.create_many(&mut tx, &loading.context, (entity, rows), &mut loading.pending).await?;
        let mut ids = Vec::new();
        for (line, outcome) in lines.into_iter().zip(outcomes) {
            match outcome {
                Ok(written) => ids.push(written.record.id),
                Err(why) => refuse(loading, format!("data/{entity}.csv:{line}: {}", sentence(&why))),
            }
        }
        if sample {
            tx.mark_sample(entity, &ids).await?;
        }
        tx.commit().await?;
        loading.records += ids.len();
        Ok(())
    }

    /// Derives every record that was fed, once.
    async fn derive_loaded(&self, loading: &mut Loading) -> Result<(), Error> {
        while !loading.pending.is_empty() {
            let mut part = Pending::new();
            while part.len() < BATCH
                && let Some((record, why)) = loading.pending.pop_first()
            {
                part.add(record, why);
            }
            let mut tx = self.0.store.begin().await?;
            self.derive_pending(&mut tx, &loading.context, part).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn refuse(loading: &mut Loading, why: String) {
    if loading.refused.len() < TOLD {
        loading.refused.push(why);
    }
}

/// What is wrong with a row, in a line.
fn sentence(error: &Error) -> String {
    let Error::Invalid(violations) = error else { return error.to_string() };
    let found: Vec<String> =
        violations.0.iter().map(|found| format!("{} {}", found.pointer, found.code)).collect();
    found.join(", ")
}

/// Entities with data, those that others refer to first.
fn in_order(plan: &AppPlan, template: &Folder) -> Vec<String> {
    let has_data = |key: &String| template.get(&format!("data/{key}.csv")).is_some();
    let mut waiting: Vec<&String> = plan.entities.keys().filter(|key| has_data(key)).collect();
    let mut ordered: Vec<String> = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<&String> = waiting.iter().copied().collect();
        let refers =
            |key: &String| targets(plan, key).iter().any(|target| target != key && names.contains(target));
        let ready = waiting.iter().position(|key| !refers(key)).unwrap_or(0);
        ordered.push(waiting.remove(ready).clone());
    }
    ordered
}

fn targets(plan: &AppPlan, key: &str) -> Vec<String> {
    let Some(entity) = plan.entity(key) else { return Vec::new() };
    let columns =
        entity.fields.values().flat_map(|field| std::iter::once(field).chain(field.columns.values()));
    columns.filter_map(|field| field.relation.as_ref().map(|(target, _)| target.clone())).collect()
}
