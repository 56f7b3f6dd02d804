//! What is due by the clock: schedules, and dates of records. A row a workflow holds when it is due next, so
//! that a restart, a stopped clock and a change of the definition lose and repeat nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use jiff::{ToSpan as _, tz::TimeZone};
use kezhi_plan::condition::FilterContext;
use kezhi_plan::workflow::WorkflowPlan;
use kezhi_plan::workflow::plan::{DatePlan, TriggerPlan};
use kezhi_store::{Incident, Schedule, Tx};
use kezhi_types::query::Filter;
use kezhi_types::{Entrance, Id, Record, Timestamp};

use super::begin::Cause;
use super::dispatch::{Seen, engine, zone_of};
use crate::backoff::Waiting;
use crate::error::Error;
use crate::facts::column_of;
use crate::records::WriteContext;
use crate::runtime::Runtime;

/// Records that one transaction starts runs for.
const BATCH: u32 = 200;
/// Days that are caught up with after a standstill.
const CAUGHT_UP: i32 = 7;
/// How often dates that count to the minute are looked at.
const EVERY_MINUTE: i64 = 60_000;

/// The release whose schedules are in the rows; another one means that they follow first.
#[derive(Debug, Default)]
pub(super) struct Reconciled {
    release: AtomicI64,
    failing: Waiting,
}

impl Runtime {
    /// Lets the rows follow the definitions of the live release.
    pub(super) async fn follow_definitions(&self) -> Result<(), Error> {
        let plan = self.plan()?;
        let (zone, now) = (zone_of(&plan), self.0.clock.now());
        let context = WriteContext::system(plan.clone(), "engine", Entrance::Workflow, now, 0);
        let mut tx = self.begin(&context).await?;
        let known = tx.schedules().await?;
        for workflow in plan.workflows.values() {
            let Some(rule) = rule_of(workflow, &plan.zone) else { continue };
            let row = known.iter().find(|row| row.workflow == workflow.key);
            if row.is_some_and(|row| row.rule == rule) {
                continue;
            }
            match next(workflow, now, &zone) {
                Some(next_at) => {
                    tx.save_schedule(&Schedule { workflow: workflow.key.clone(), rule, next_at }).await?;
                }
                None => tx.delete_schedule(&workflow.key).await?,
            }
        }
        for row in known {
            let wanted = plan
                .workflows
                .get(&row.workflow)
                .is_some_and(|workflow| rule_of(workflow, &plan.zone).is_some());
            if !wanted {
                tx.delete_schedule(&row.workflow).await?;
            }
        }
        tx.commit().await?;
        self.0.workflows.schedules.release.store(plan.release, Ordering::Relaxed);
        Ok(())
    }

    /// Starts what is due by the clock; answers how many schedules it moved on. One that fails waits and is told; the
    /// others do not wait for it.
    pub(crate) async fn work_schedules(&self) -> Result<usize, Error> {
        let plan = self.plan()?;
        if self.0.workflows.schedules.release.load(Ordering::Relaxed) != plan.release {
            self.follow_definitions().await?;
        }
        let now = self.0.clock.now();
        let rows = self.0.store.reader().patient().schedules().await?;
        let failing = &self.0.workflows.schedules.failing;
        let mut moved = 0;
        for row in rows.into_iter().filter(|row| row.next_at <= now) {
            let Some(workflow) = plan.workflows.get(&row.workflow) else { continue };
            if failing.is_waiting(&row.workflow, now) {
                continue;
            }
            let context = WriteContext::system(plan.clone(), "engine", Entrance::Workflow, now, 0);
            match self.work_schedule(&context, workflow, &row).await {
                Ok(done) => {
                    moved += usize::from(done);
                    if failing.went_well(&row.workflow) {
                        self.tell_schedule(&row.workflow, None).await?;
                    }
                }
                Err(Error::Store(error)) if error.is_outage() => return Err(error.into()),
                Err(error) if self.worth_repeating(&error).await? => return Ok(moved + 1),
                Err(error) => {
                    tracing::warn!(workflow = row.workflow, %error, "a workflow could not be started by the clock");
                    failing.failed(&row.workflow, now);
                    self.tell_schedule(&row.workflow, Some(&error)).await?;
                }
            }
        }
        Ok(moved)
    }

    /// Starts what one workflow has due and moves its row on; `false` when the row has been changed meanwhile.
    async fn work_schedule(
        &self,
        context: &WriteContext,
        workflow: &WorkflowPlan,
        row: &Schedule,
    ) -> Result<bool, Error> {
        self.start_due(context, workflow, row.next_at).await?;
        let mut tx = self.begin(context).await?;
        let moved = tx.move_schedule(row, next(workflow, context.now, &zone_of(&context.plan))).await?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Opens the incident of a workflow that cannot be started by the clock, or closes it.
    async fn tell_schedule(&self, workflow: &str, error: Option<&Error>) -> Result<(), Error> {
        let (subject, now) = (format!("workflow:{workflow}"), self.0.clock.now());
        let mut tx = self.0.store.begin().await?;
        match error {
            None => tx.pass_incident("schedule.failed", &subject, now).await?,
            Some(error) => {
                let incident = Incident::new("schedule.failed", subject, error.to_string(), now);
                tx.open_incident(&incident).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Starts the run of one record whose date is today and whose hour has come.
    pub(super) async fn start_if_due_today(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        workflow: &WorkflowPlan,
        (record, depth): (&Record, u32),
    ) -> Result<bool, Error> {
        let TriggerPlan::Date { date, .. } = &workflow.trigger else { return Ok(false) };
        let zone = zone_of(&context.plan);
        let today = context.now.date_in(&zone);
        let due = record.value(&date.field).and_then(|value| date.due_on(value, today, &zone));
        let Some((key, _)) = due.filter(|(_, due)| *due <= context.now) else { return Ok(false) };
        let trigger_key = format!("date:{}/{key}", record.id);
        self.start_for(tx, context, workflow, (record, trigger_key, depth)).await
    }

    /// Everything that has become due since `since`, a page of records a transaction. Trigger keys make a page
    /// that is done twice harmless.
    async fn start_due(
        &self,
        context: &WriteContext,
        workflow: &WorkflowPlan,
        since: Timestamp,
    ) -> Result<(), Error> {
        let zone = zone_of(&context.plan);
        match &workflow.trigger {
            TriggerPlan::Schedule { each, .. } => {
                let caller = engine();
                let about = FilterContext { caller: &caller, now: context.now, zone: &zone, record: None };
                let filter = each.as_ref().map(|condition| condition.filter(&about));
                let key = |record: &Record| Some(format!("cron:{since}/{}", record.id));
                self.start_each(context, workflow, filter.as_ref(), key).await
            }
            TriggerPlan::Date { date, .. } => {
                let entity = context.plan.entity(&workflow.def.entity);
                let Some(column) = entity.and_then(|entity| column_of(entity, &date.field)) else {
                    return Ok(());
                };
                let from = if date.at.is_some() { since } else { since.plus_millis(-EVERY_MINUTE) };
                for day in days(from, context.now, &zone) {
                    let filter = date.filter_on(&column, day, &zone);
                    let key = |record: &Record| {
                        let (key, due) = date.due_on(record.value(&date.field)?, day, &zone)?;
                        (due <= context.now && due >= from).then(|| format!("date:{}/{key}", record.id))
                    };
                    self.start_each(context, workflow, Some(&filter), key).await?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn start_each(
        &self,
        context: &WriteContext,
        workflow: &WorkflowPlan,
        filter: Option<&Filter>,
        key: impl Fn(&Record) -> Option<String>,
    ) -> Result<(), Error> {
        let mut after: Option<Id> = None;
        loop {
            let mut tx = self.begin(context).await?;
            let ids = tx.ids(&workflow.def.entity, filter, after, BATCH).await?;
            let mut records = tx.get_records(&workflow.def.entity, &ids).await?;
            records.sort_by_key(|record| record.id);
            for record in &records {
                if let Some(key) = key(record) {
                    self.start_for(&mut tx, context, workflow, (record, key, 0)).await?;
                }
            }
            tx.commit().await?;
            after = ids.last().copied();
            if ids.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    async fn start_for(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        workflow: &WorkflowPlan,
        (record, trigger_key, depth): (&Record, String, u32),
    ) -> Result<bool, Error> {
        let Some(entity) = context.plan.entity(&record.entity) else { return Ok(false) };
        let flat = record.flat();
        let seen = Seen { fields: &flat, before: None, record: record.id };
        if !self.trigger_holds(tx, context, (workflow, entity), seen).await? {
            return Ok(false);
        }
        let cause = Cause { trigger_key, by: None, depth, release: context.plan.release, now: context.now };
        self.begin_run(tx, workflow, record, cause).await
    }
}

/// What a row was computed from; nothing for a workflow that no clock starts.
fn rule_of(workflow: &Arc<WorkflowPlan>, zone: &str) -> Option<String> {
    match &workflow.trigger {
        TriggerPlan::Schedule { .. } | TriggerPlan::Date { .. } => {
            let trigger = serde_json::to_string(&workflow.def.trigger).unwrap_or_default();
            Some(format!("{zone} {trigger}"))
        }
        _ => None,
    }
}

/// When a workflow is due next, strictly after `now`.
fn next(workflow: &WorkflowPlan, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    match &workflow.trigger {
        TriggerPlan::Schedule { schedule, .. } => schedule.next_after(now, zone),
        TriggerPlan::Date { date, .. } => Some(next_look(date, now, zone)),
        _ => None,
    }
}

/// The next time of day at which dates are looked at.
fn next_look(date: &DatePlan, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let Some(at) = date.at else { return now.plus_millis(EVERY_MINUTE) };
    let today = now.date_in(zone);
    let on = |day: Date| zone.to_ambiguous_zoned(day.to_datetime(at)).compatible().ok();
    let days = [Some(today), today.tomorrow().ok()];
    let next = days.into_iter().flatten().filter_map(on).map(|zoned| Timestamp::from(zoned.timestamp()));
    next.into_iter().find(|next| *next > now).unwrap_or_else(|| now.plus_millis(24 * 60 * EVERY_MINUTE))
}

/// The days from an instant to now, the last ones where there are many.
fn days(from: Timestamp, now: Timestamp, zone: &TimeZone) -> Vec<Date> {
    let today = now.date_in(zone);
    let first = from.date_in(zone).max(today.saturating_sub(CAUGHT_UP.days()));
    first.series(1.day()).take_while(|day| *day <= today).collect()
}
