//! Records that are the same as another by the rules of their entity: found by keys, judged here, told at entry and when
//! somebody asks.

/// When a record is saved.
mod entry;
/// What somebody who asks may know.
mod asked;

use std::collections::{BTreeSet, HashMap};

use kezhi_plan::app::{DuplicatePlan, EntityPlan};
use kezhi_plan::facts::{Circumstances, Facts, Sight};
use kezhi_store::candidates::Probe;
use kezhi_store::matching::{self, Forms};
use kezhi_store::{Reader, Tx};
use kezhi_types::query::{Comparison, Matching};
use kezhi_types::{Fields, Id, Record};

pub(crate) use asked::may_read;
pub use asked::{DuplicateRecord, DuplicatesBody, FoundDuplicates};
pub(super) use entry::Met;

use crate::error::Error;

/// How much may be lacking because numbers are not exact.
const LENIENT: f64 = 1e-9;

/// Where records are looked for.
pub(crate) enum Source<'a> {
    /// Among those that a transaction sees.
    Tx(&'a mut Tx),
    /// Among those that are committed.
    Reader(&'a Reader),
}

impl Source<'_> {
    async fn candidates(
        &mut self,
        entity: &str,
        probes: &[Probe],
        except: Option<Id>,
    ) -> Result<Vec<Id>, Error> {
        Ok(match self {
            Self::Tx(tx) => tx.candidates(entity, probes, except).await?,
            Self::Reader(reader) => reader.candidates(entity, probes, except).await?,
        })
    }

    /// The living ones of these records, in the order of the ids.
    pub(crate) async fn records(&mut self, entity: &str, ids: &[Id]) -> Result<Vec<Record>, Error> {
        let found = match self {
            Self::Tx(tx) => tx.get_records(entity, ids).await?,
            Self::Reader(reader) => reader.get_records(entity, ids).await?,
        };
        let mut known: HashMap<Id, Record> = found
            .into_iter()
            .filter(|record| record.deleted_at.is_none())
            .map(|record| (record.id, record))
            .collect();
        Ok(ids.iter().filter_map(|id| known.remove(id)).collect())
    }
}

/// A record as one rule sees it: of each part its forms.
#[derive(Clone)]
pub(crate) struct Subject<'a> {
    rule: &'a DuplicatePlan,
    pub(crate) forms: Vec<Forms>,
}

impl<'a> Subject<'a> {
    /// `None` where the rule is not about the record, or the record lacks a value that must agree.
    pub(crate) fn of(rule: &'a DuplicatePlan, record: &Record, c: &Circumstances) -> Option<Self> {
        let forms: Vec<Forms> = rule
            .parts
            .iter()
            .map(|part| matching::forms(&part.matching, &record.data, &record.derived))
            .collect();
        (forms.iter().all(|forms| !forms.is_empty()) && concerns(rule, record, c))
            .then_some(Self { rule, forms })
    }

    /// How alike two records are, from 0 to 1; `None` where they are not the same by the rule.
    pub(crate) fn score(&self, other: &Self) -> Option<f64> {
        let mut least: f64 = 1.0;
        for (part, (one, other)) in self.rule.parts.iter().zip(self.forms.iter().zip(&other.forms)) {
            let score = matching::score(part.matching.by, one, other);
            if score + LENIENT < part.at_least {
                return None;
            }
            least = least.min(score);
        }
        Some(least)
    }

    /// The same of forms that are known.
    pub(super) fn known(rule: &'a DuplicatePlan, forms: Vec<Forms>) -> Self {
        Self { rule, forms }
    }

    /// How many keys of the first part another record that is the same shares at least.
    pub(super) fn shared(&self) -> usize {
        let Some((part, forms)) = self.rule.parts.first().zip(self.forms.first()) else { return 1 };
        let similar = part.matching.by == Comparison::Similar;
        let of_one =
            |one: &BTreeSet<String>| if similar { matching::shared(one.len(), part.at_least) } else { 1 };
        forms.iter().map(of_one).min().unwrap_or(1)
    }

    fn probes(&self) -> Vec<Probe> {
        let parts = self.rule.parts.iter().zip(&self.forms);
        parts
            .map(|(part, forms)| Probe {
                matching: part.matching.clone(),
                values: forms.iter().map(|one| matching::keys(&vec![one.clone()])).collect(),
                at_least: part.at_least,
            })
            .collect()
    }

    /// The records that are the same, those that are most alike first.
    pub(crate) async fn others(
        &self,
        source: &mut Source<'_>,
        (entity, except): (&EntityPlan, Option<Id>),
        c: &Circumstances,
    ) -> Result<Vec<(Record, f64)>, Error> {
        let ids = source.candidates(&entity.key, &self.probes(), except).await?;
        let found = source.records(&entity.key, &ids).await?;
        Ok(self.same(found, c))
    }

    /// Those of the records that are the same, those that are most alike first.
    pub(crate) fn same(&self, records: Vec<Record>, c: &Circumstances) -> Vec<(Record, f64)> {
        let judged = |record: Record| {
            let score = self.score(&Subject::of(self.rule, &record, c)?)?;
            Some((record, score))
        };
        let mut same: Vec<(Record, f64)> = records.into_iter().filter_map(judged).collect();
        same.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        same
    }
}

/// Whether a rule is about a record at all.
fn concerns(rule: &DuplicatePlan, record: &Record, c: &Circumstances) -> bool {
    let Some(condition) = &rule.condition else { return true };
    let (fields, facts): (Fields, Facts) = (record.flat(), Facts::default());
    condition.judge(&Sight { fields: &fields, before: None, parent: None, facts: &facts, circumstances: c })
}

/// What finds every duplicate by itself, where the rule asks one thing and values are the same or not.
pub(crate) fn only_part(rule: &DuplicatePlan) -> Option<&Matching> {
    match rule.parts.as_slice() {
        [part] if part.matching.by != Comparison::Similar => Some(&part.matching),
        _ => None,
    }
}
