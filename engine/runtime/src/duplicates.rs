//! Every duplicate of an entity as a report: a job that goes through the keys of each rule, notes pairs, and puts the pairs
//! together to groups. It sees what its starter may read.

/// Pairs put together.
mod groups;

use std::collections::HashMap;

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, DuplicatePlan, EntityPlan};
use kezhi_plan::facts::Circumstances;
use kezhi_store::candidates::OF_ONE;
use kezhi_store::{Job, JobRow, JobState, RowFate};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Id, Record, Violation, Violations};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::groups::{Groups, key_of, pair_of};
use crate::error::Error;
use crate::jobs::{JobView, no_job, queued};
use crate::records::duplicates::{Source, Subject, may_read, only_part};
use crate::records::{DuplicateRecord, Manner, entity_known};
use crate::runtime::Runtime;

/// The kind of these jobs.
pub(crate) const KIND: &str = "duplicates";
/// Keys looked at in one slice.
const KEYS: u32 = 200;
/// Records compared in one slice where texts are alike.
const RECORDS: u32 = 100;
/// Pairs of one report; then it is told to be incomplete.
const PAIRS: i64 = 200_000;
/// Pairs read at a time, and after which a slice ends.
const PAGE: u32 = 5_000;
/// Groups on a page.
const GROUPS: u32 = 100;
/// Records told of one group.
const TOLD: usize = 100;

/// Which rules a report is about; all where none is named.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportBody {
    /// Keys of rules.
    pub rules: Option<Vec<String>>,
}

/// Records that are the same by one rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateGroup {
    /// The rule's key.
    pub rule: String,
    /// What people call it.
    pub title: String,
    /// The records that the caller may read, most alike first, at most 100.
    pub records: Vec<DuplicateRecord>,
}

/// A page of groups, and behind which one the next begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DuplicateGroups {
    /// The groups.
    pub items: Vec<DuplicateGroup>,
    /// Continue here.
    pub next: Option<i64>,
}

/// Two records, the lower id first, and how alike they are.
type Pair = (Id, Id, f64);

/// What one slice has found.
#[derive(Default)]
struct Slice {
    pairs: Vec<Pair>,
    /// Where the next one begins; none where the rule is done.
    next: Option<Value>,
    /// Whether there were more records than were looked at.
    is_cut: bool,
}

/// One report at work.
struct Report {
    plan: std::sync::Arc<AppPlan>,
    entity: std::sync::Arc<EntityPlan>,
    caller: Caller,
    c: Circumstances,
}

impl Runtime {
    /// Begins to look for every duplicate among the records that the caller may read.
    ///
    /// # Errors
    /// Unknown entity; `duplicates.rule` for a rule that there is not, or that reads what the caller may not.
    pub async fn report_duplicates(
        &self,
        caller: &Caller,
        key: &str,
        body: ReportBody,
    ) -> Result<JobView, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let rights = access::field_rights(&plan, entity, caller);
        let known: Vec<&String> =
            entity.duplicates.iter().filter(|rule| may_read(rule, &rights)).map(|rule| &rule.key).collect();
        if let Some((at, asked)) =
            body.rules.iter().flatten().enumerate().find(|(_, asked)| !known.contains(asked))
        {
            let unknown =
                Violation::new("duplicates.rule", format!("/rules/{at}")).with("rule", asked.clone());
            return Err(Violations::from(unknown).into());
        }
        let asked = |rule: &&&String| body.rules.as_ref().is_none_or(|asked| asked.contains(rule));
        let rules: Vec<&&String> = known.iter().filter(asked).collect();
        let mut job = queued(KIND, key, caller, self.0.clock.now());
        job.spec = json!({ "rules": rules, "language": caller.language });
        job.checkpoint = json!({ "rule": 0, "after": null });
        job.result = json!({ "groups": 0, "records": 0, "pairs": 0, "complete": true });
        let mut tx = self.0.store.begin().await?;
        self.enqueue_job(&mut tx, caller, &job).await?;
        tx.commit().await?;
        self.0.jobs.notify_one();
        Ok(job.into())
    }

    /// Works off a report from where it stands until it ends, however it does.
    ///
    /// # Errors
    /// What keeps it from going on; what was found stays, the checkpoint with it.
    pub(crate) async fn work_duplicates(&self, id: Id) -> Result<(), Error> {
        loop {
            let job = self.0.store.reader().patient().job(id).await?.filter(|job| !job.state.is_ended());
            let Some(job) = job else { return Ok(()) };
            let caller = self.starter(&job).await?;
            let plan = self.plan()?;
            let entity = entity_known(&plan, &caller, &job.entity)?.clone();
            let c = self.context(&caller, Entrance::Api, &Manner::default())?;
            let c = c.circumstances(RuleOperation::Update);
            let report = Report { plan, entity, caller, c };
            let rules: Vec<String> = serde_json::from_value(job.spec["rules"].clone()).unwrap_or_default();
            let at = job.checkpoint["rule"].as_u64().unwrap_or(0) as usize;
            let full = job.result["pairs"].as_i64().unwrap_or(0) >= PAIRS;
            let Some(key) = rules.get(at).filter(|_| !full) else {
                return self.put_together(&job, &rules, !full).await;
            };
            let slice = match report.rule(key) {
                Some(rule) if only_part(rule).is_some() => self.same_keys(&report, rule, &job).await?,
                Some(rule) => self.alike(&report, rule, &job).await?,
                // A release since took it away, or the right to what it reads.
                None => Slice::default(),
            };
            self.note_pairs(&job, at, slice).await?;
        }
    }

    /// The next keys that several records have, where a rule asks one thing: whoever agrees with the first agrees with all.
    async fn same_keys(&self, report: &Report, rule: &DuplicatePlan, job: &Job) -> Result<Slice, Error> {
        let Some(matching) = only_part(rule) else { return Ok(Slice::default()) };
        let reader = self.0.store.reader().patient();
        let entity = &report.entity.key;
        let after = job.checkpoint["after"].as_i64();
        let found = reader.crowded(entity, matching, after, KEYS).await?;
        let next = found.last().filter(|_| found.len() == KEYS as usize).map(|(key, _)| json!(key));
        let mut slice = Slice { next, ..Slice::default() };
        for (key, ids) in found {
            slice.is_cut |= ids.len() as i64 >= OF_ONE;
            let records = Source::Reader(&reader).records(entity, &ids).await?;
            let records = self.readable_ones(report, rule, records).await?;
            let mut subjects =
                records.iter().filter_map(|record| Some((record.id, Subject::of(rule, record, &report.c)?)));
            let Some((first, leader)) = subjects.next() else { continue };
            let same = subjects.filter_map(|(id, subject)| Some((first, id, leader.score(&subject)?)));
            slice.pairs.extend(same);
            if slice.pairs.len() >= PAGE as usize {
                slice.next = Some(json!(key));
                break;
            }
        }
        Ok(slice)
    }

    /// The next records, each with those that are like it.
    async fn alike(&self, report: &Report, rule: &DuplicatePlan, job: &Job) -> Result<Slice, Error> {
        let reader = self.0.store.reader().patient();
        let entity = &report.entity.key;
        let after = job.checkpoint["after"].as_str().and_then(|id| id.parse().ok());
        let ids = reader.ids(entity, None, after, RECORDS).await?;
        let next = ids.last().filter(|_| ids.len() == RECORDS as usize).map(|id| json!(id));
        let records = Source::Reader(&reader).records(entity, &ids).await?;
        let mut slice = Slice { next, ..Slice::default() };
        for record in self.readable_ones(report, rule, records).await? {
            let Some(subject) = Subject::of(rule, &record, &report.c) else { continue };
            let source = &mut Source::Reader(&reader);
            let others = subject.others(source, (&report.entity, Some(record.id)), &report.c).await?;
            let scores: HashMap<Id, f64> = others.iter().map(|(other, score)| (other.id, *score)).collect();
            let others = others.into_iter().map(|(other, _)| other).collect();
            for other in self.readable_ones(report, rule, others).await? {
                let score = scores.get(&other.id).copied().unwrap_or_default();
                slice.pairs.push((record.id.min(other.id), record.id.max(other.id), score));
            }
        }
        Ok(slice)
    }

    /// Those of the records that the starter may read, with all that the rule reads of them.
    async fn readable_ones(
        &self,
        report: &Report,
        rule: &DuplicatePlan,
        records: Vec<Record>,
    ) -> Result<Vec<Record>, Error> {
        let seen = self.seen(&report.plan, &report.caller, &report.entity, &records).await?;
        let known = records.into_iter().zip(seen);
        let may = known.filter(|(_, seen)| seen.as_ref().is_some_and(|rights| may_read(rule, rights)));
        Ok(may.map(|(record, _)| record).collect())
    }

    /// Notes what a slice found, and where the next one begins.
    async fn note_pairs(&self, before: &Job, rule: usize, slice: Slice) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        let job = tx.lock_job(before.id).await?.filter(|job| !job.state.is_ended());
        // Another server of the same database may have been here before.
        let Some(mut job) = job.filter(|job| job.checkpoint == before.checkpoint) else { return Ok(()) };
        let note = |pair: &Pair| (key_of(rule, pair), (pair.2 * 1000.0).round() as i64);
        let keys: Vec<(String, i64)> = slice.pairs.iter().map(note).collect();
        let new = tx.note_job_keys(job.id, &keys).await?;
        job.state = JobState::Running;
        job.done += 1;
        job.result["pairs"] = json!(job.result["pairs"].as_u64().unwrap_or(0) + new);
        if slice.is_cut {
            job.result["complete"] = json!(false);
        }
        job.checkpoint = match slice.next {
            Some(after) => json!({ "rule": rule, "after": after }),
            None => json!({ "rule": rule + 1, "after": null }),
        };
        tx.save_job(&job).await?;
        Ok(tx.commit().await?)
    }

    /// Puts the pairs of each rule together to groups, and ends the job.
    async fn put_together(&self, before: &Job, rules: &[String], complete: bool) -> Result<(), Error> {
        let reader = self.0.store.reader().patient();
        let (mut groups, mut after) = (vec![Groups::default(); rules.len()], String::new());
        loop {
            let page = reader.job_keys_after(before.id, &after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            for (key, score) in &page {
                if let Some((rule, one, other)) = pair_of(key)
                    && let Some(groups) = groups.get_mut(rule)
                {
                    groups.join(one, other, *score);
                }
            }
        }
        let (mut rows, mut records) = (Vec::new(), 0);
        for (rule, groups) in rules.iter().zip(groups) {
            for group in groups.into_groups() {
                records += group.len();
                let (row, note) = (rows.len() as i64 + 1, json!({ "rule": rule, "records": group }));
                rows.push(JobRow { row, fate: RowFate::Found, record: None, version: None, note });
            }
        }
        let mut tx = self.0.store.begin().await?;
        let job = tx.lock_job(before.id).await?.filter(|job| !job.state.is_ended());
        let Some(mut job) = job else { return Ok(()) };
        tx.append_job_rows(job.id, &rows).await?;
        job.state = JobState::Done;
        job.total = Some(job.done);
        job.ended_at = Some(self.0.clock.now());
        let complete = complete && job.result["complete"] == json!(true);
        job.result = json!({ "groups": rows.len(), "records": records, "complete": complete });
        tx.save_job(&job).await?;
        tx.commit().await?;
        self.forget_job_keys(before.id).await
    }

    /// A page of the groups of a report of the caller's, as far as they may be read now. A group of which fewer than
    /// two records are left is not told.
    ///
    /// # Errors
    /// Not found.
    pub async fn duplicate_groups(
        &self,
        caller: &Caller,
        id: Id,
        (after, limit): (Option<i64>, Option<u32>),
    ) -> Result<DuplicateGroups, Error> {
        let job = self.job_of(caller, id).await?;
        if job.kind != KIND {
            return Err(no_job(id));
        }
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, &job.entity)?.clone();
        let (reader, limit) = (self.0.store.reader(), limit.unwrap_or(GROUPS).clamp(1, GROUPS));
        let rows = reader.job_rows(id, &[RowFate::Found], after.unwrap_or(0), limit).await?;
        let next = rows.last().map(|row| row.row).filter(|_| rows.len() == limit as usize);
        let mut items = Vec::new();
        for row in rows {
            let known = row.note["rule"].as_str().unwrap_or_default();
            let Some(rule) = entity.duplicates.iter().find(|rule| rule.key == known) else { continue };
            let scores: Vec<(Id, i64)> =
                serde_json::from_value(row.note["records"].clone()).unwrap_or_default();
            let ids: Vec<Id> = scores.iter().map(|(id, _)| *id).take(TOLD).collect();
            let scores: HashMap<Id, i64> = scores.into_iter().collect();
            let records = Source::Reader(&reader).records(&entity.key, &ids).await?;
            let scored = |record: Record| {
                let score = scores.get(&record.id).copied().unwrap_or_default() as f64 / 1000.0;
                (record, score)
            };
            let records = records.into_iter().map(scored).collect();
            let (records, _) = self.shown((&plan, caller), (&entity, rule), records, TOLD).await?;
            if records.len() > 1 {
                items.push(DuplicateGroup { rule: rule.key.clone(), title: rule.def.title.clone(), records });
            }
        }
        Ok(DuplicateGroups { items, next })
    }
}

impl Report {
    /// The rule, if the starter may read all that it reads.
    fn rule(&self, key: &str) -> Option<&DuplicatePlan> {
        let rights = access::field_rights(&self.plan, &self.entity, &self.caller);
        self.entity.duplicates.iter().find(|rule| rule.key == key && may_read(rule, &rights))
    }
}
