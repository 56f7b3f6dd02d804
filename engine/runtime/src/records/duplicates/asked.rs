//! `POST …/duplicates`: who asks sees the records that they may read; of others they hear that there is one, so many
//! times a minute.

use std::sync::Arc;

use kezhi_plan::access::{self, FieldRights};
use kezhi_plan::app::{AppPlan, DuplicatePlan, EntityPlan};
use kezhi_types::def::role::FieldRight;
use kezhi_types::def::rule::{RuleLevel, RuleOperation};
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Caller, Entrance, Fields, Id, Record, Violation, Violations};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::read::entity_known;
use super::super::verbs::Manner;
use super::{Source, Subject};
use crate::error::Error;
use crate::runtime::Runtime;

/// Records that are told of one rule.
const TOLD: usize = 20;
/// Answers a minute that tell of records that the caller may not read.
const HIDDEN: u32 = 30;

/// What is asked: a record as it is about to be saved.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicatesBody {
    /// Its fields; with `id` those that change.
    #[serde(default)]
    pub record: Fields,
    /// The record that is being changed, which is no duplicate of itself.
    #[serde(default)]
    pub id: Option<Id>,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundDuplicates {
    /// The rule's key.
    pub rule: String,
    /// What people call it.
    pub title: String,
    /// What happens when the record is saved all the same.
    pub then: RuleLevel,
    /// The records, most alike first, at most 20.
    pub records: Vec<DuplicateRecord>,
    /// Whether there is one that the caller may not read.
    pub hidden: bool,
}

/// A record that is the same as another, as the caller may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateRecord {
    /// Its id.
    pub id: Id,
    /// What it is called; null where that may not be read.
    pub title: Option<Value>,
    /// How alike, from 0 to 1.
    pub score: f64,
    /// What the rule shows.
    pub fields: Fields,
}

impl Runtime {
    /// The records that are the same as one that is about to be saved. A rule on a field that the caller may not read
    /// does not answer.
    ///
    /// # Errors
    /// Unknown entity; not found; `record.unknown_field`; [`Error::TooMany`] after very many answers that tell of
    /// records which the caller may not read.
    pub async fn duplicates(
        &self,
        caller: &Caller,
        key: &str,
        body: DuplicatesBody,
    ) -> Result<Vec<FoundDuplicates>, Error> {
        let now = self.0.clock.unmoved();
        let look = self.0.looks.take(caller.id, HIDDEN, now)?;
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?.clone();
        check_fields(&entity, &body.record)?;
        let context = self.context(caller, Entrance::Api, &Manner::default())?;
        let c = context.circumstances(RuleOperation::Create);
        let (subject, rights) = match body.id {
            Some(id) => {
                let (record, rights) = self.readable_with(&plan, caller, key, id).await?;
                (merged(record, &body.record), rights)
            }
            None => {
                let record =
                    super::super::create::blank(&context, &entity, Id::new(context.now), (None, None));
                (merged(record, &body.record), Arc::new(access::field_rights(&plan, &entity, caller)))
            }
        };
        let reader = self.0.store.reader();
        let mut found = Vec::new();
        for rule in entity.duplicates.iter().filter(|rule| may_read(rule, &rights)) {
            let Some(asked) = Subject::of(rule, &subject, &c) else { continue };
            let others = asked.others(&mut Source::Reader(&reader), (&entity, body.id), &c).await?;
            let (records, hidden) = self.shown((&plan, caller), (&entity, rule), others, TOLD).await?;
            if records.is_empty() && !hidden {
                continue;
            }
            let (key, title, then) = (rule.key.clone(), rule.def.title.clone(), rule.def.then);
            found.push(FoundDuplicates { rule: key, title, then, records, hidden });
        }
        if found.iter().any(|found| found.hidden) {
            look.keep();
        }
        Ok(found)
    }

    /// Those of the records that the caller may read, and whether there are others.
    pub(crate) async fn shown(
        &self,
        (plan, caller): (&AppPlan, &Caller),
        (entity, rule): (&EntityPlan, &DuplicatePlan),
        others: Vec<(Record, f64)>,
        most: usize,
    ) -> Result<(Vec<DuplicateRecord>, bool), Error> {
        let (records, scores): (Vec<Record>, Vec<f64>) = others.into_iter().unzip();
        let seen = self.seen(plan, caller, entity, &records).await?;
        let (mut shown, mut hidden) = (Vec::new(), false);
        for ((record, score), rights) in records.iter().zip(scores).zip(seen) {
            match rights.filter(|rights| may_read(rule, rights)) {
                None => hidden = true,
                Some(_) if shown.len() >= most => {}
                Some(rights) => shown.push(one((entity, rule), (record, score), &rights)),
            }
        }
        Ok((shown, hidden))
    }
}

fn one(
    (entity, rule): (&EntityPlan, &DuplicatePlan),
    (record, score): (&Record, f64),
    rights: &FieldRights,
) -> DuplicateRecord {
    let visible = access::visible(entity, record.flat(), rights);
    let title = entity.title_field.as_ref().and_then(|field| visible.get(field)).cloned();
    let fields = rule.def.show.iter().filter_map(|key| Some((key.clone(), visible.get(key)?.clone())));
    let score = (score * 100.0).round() / 100.0;
    DuplicateRecord { id: record.id, title, score, fields: fields.collect() }
}

/// Whether everything that a rule reads may be read as it is; else its answers would tell what is hidden or masked.
pub(crate) fn may_read(rule: &DuplicatePlan, rights: &FieldRights) -> bool {
    rule.reads
        .iter()
        .all(|field| SYSTEM_KEYS.contains(&field.as_str()) || rights.of(field) >= FieldRight::Read)
}

fn check_fields(entity: &EntityPlan, fields: &Fields) -> Result<(), Error> {
    let unknown = |key: &&String| !entity.fields.contains_key(*key) && !SYSTEM_KEYS.contains(&key.as_str());
    let found: Vec<Violation> = fields
        .keys()
        .filter(unknown)
        .map(|key| {
            let pointer = kezhi_plan::kind::pointer("", key);
            Violation::new("record.unknown_field", pointer).with("field", key.clone())
        })
        .collect();
    Ok(Violations(found).into_result()?)
}

/// The record as it would be: what is sent in place of what is stored, in the form in which it would be stored.
fn merged(mut record: Record, sent: &Fields) -> Record {
    for (key, value) in sent.iter().filter(|(key, _)| !SYSTEM_KEYS.contains(&key.as_str())) {
        record.data.insert(key.clone(), value.clone());
        record.derived.shift_remove(key);
    }
    record
}
