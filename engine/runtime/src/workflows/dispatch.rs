//! Events to runs. An event is matched and what it starts is stored in one transaction, so that a trigger can
//! be neither lost nor pulled twice; the key `ev:<event>/<workflow>` holds even if it were.

use std::sync::Arc;

use jiff::tz::TimeZone;
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::condition::FilterContext;
use kezhi_plan::facts::{Facts, Sight};
use kezhi_plan::workflow::plan::TriggerPlan;
use kezhi_plan::workflow::{WorkflowPlan, needs, start};
use kezhi_store::{Incident, Tx};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Event, Fields, Id, Timestamp};
use serde_json::json;

use super::begin::Cause;
use crate::backoff::pause;
use crate::error::Error;
use crate::records::WriteContext;
use crate::runtime::Runtime;

/// Events matched in one transaction.
const BATCH: u32 = 64;
/// How often an event is tried before it waits for a person.
const MOST_TRIES: u32 = 12;
/// What is told of an event that cannot be matched.
pub(super) const FAILED: &str = "event.failed";

impl Runtime {
    /// Matches the oldest events that wait, and those that are to be tried again; answers how many. One that cannot be
    /// matched waits, longer each time, and a person is told; the others do not wait for it.
    pub(crate) async fn dispatch_events(&self) -> Result<usize, Error> {
        let again = self.0.store.reader().postponed_events(self.0.clock.now(), BATCH).await?;
        let again = if again.is_empty() { 0 } else { self.match_one_by_one(again).await? };
        let due = self.0.store.reader().new_event_ids(BATCH).await?;
        if due.is_empty() {
            return Ok(again);
        }
        let matched = match self.match_some().await {
            Err(Error::Store(error)) if error.is_outage() => return Err(error.into()),
            Err(error) if self.worth_repeating(&error).await? => 1,
            Err(error) => {
                tracing::warn!(%error, "some events could not be matched together; they are matched one by one");
                self.match_one_by_one(due).await?
            }
            Ok(matched) => matched,
        };
        Ok(again + matched)
    }

    async fn match_some(&self) -> Result<usize, Error> {
        let context = self.dispatching()?;
        let mut tx = self.begin(&context).await?;
        let events = tx.new_events(BATCH).await?;
        for event in &events {
            self.match_event(&mut tx, &context, event).await?;
        }
        let ids: Vec<Id> = events.iter().map(|event| event.id).collect();
        tx.mark_events_matched(&ids).await?;
        tx.commit().await?;
        Ok(events.len())
    }

    async fn match_one_by_one(&self, ids: Vec<Id>) -> Result<usize, Error> {
        let mut done = 0;
        for id in ids {
            match self.match_alone(id).await {
                Ok(()) => done += 1,
                Err(Error::Store(error)) if error.is_outage() => return Err(error.into()),
                Err(error) if self.worth_repeating(&error).await? => return Ok(done + 1),
                Err(error) => self.postpone_event(id, &error).await?,
            }
        }
        Ok(done)
    }

    async fn match_alone(&self, id: Id) -> Result<(), Error> {
        let context = self.dispatching()?;
        let mut tx = self.begin(&context).await?;
        if let Some(event) = tx.waiting_event(id).await? {
            self.match_event(&mut tx, &context, &event).await?;
            tx.mark_events_matched(&[id]).await?;
            tx.pass_incident(FAILED, &subject(id), context.now).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn postpone_event(&self, id: Id, error: &Error) -> Result<(), Error> {
        let (now, reader) = (self.0.clock.now(), self.0.store.reader());
        let tries = reader.event_tries(id).await?.saturating_add(1);
        let event = reader.event(id).await?;
        tracing::warn!(event = %id, tries, %error, "an event could not be matched");
        let mut tx = self.0.store.begin().await?;
        tx.postpone_event(id, (tries < MOST_TRIES).then(|| now.plus_millis(pause(tries)))).await?;
        tx.open_incident(&Incident {
            entity: event.as_ref().map(|event| event.entity.clone()),
            record: event.as_ref().map(|event| event.record),
            context: json!({ "event": id, "error": error.to_string() }),
            ..Incident::new(FAILED, subject(id), error.to_string(), now)
        })
        .await?;
        Ok(tx.commit().await?)
    }

    fn dispatching(&self) -> Result<WriteContext, Error> {
        Ok(WriteContext::system(self.plan()?, "engine", Entrance::Workflow, self.0.clock.now(), 0))
    }

    async fn match_event(&self, tx: &mut Tx, context: &WriteContext, event: &Event) -> Result<(), Error> {
        let plan = &context.plan;
        let listening: Vec<&Arc<WorkflowPlan>> = plan
            .workflows
            .values()
            .filter(|workflow| start::hears(workflow, event) || start::dates(workflow, event))
            .collect();
        let Some(entity) = plan.entity(&event.entity).filter(|_| !listening.is_empty()) else {
            return Ok(());
        };
        if event.depth >= start::DEEPEST {
            return Ok(tx.open_incident(&too_deep(event, context.now)).await?);
        }
        let found = tx.get_record(&event.entity, event.record).await?;
        let Some(record) = found.filter(|record| record.deleted_at.is_none()) else { return Ok(()) };
        let (after, before) = start::around(&record.flat(), event);
        for workflow in listening {
            if matches!(workflow.trigger, TriggerPlan::Date { .. }) {
                self.start_if_due_today(tx, context, workflow, (&record, event.depth)).await?;
                continue;
            }
            let seen = Seen { fields: &after, before: before.as_ref(), record: event.record };
            if self.trigger_holds(tx, context, (workflow, entity), seen).await? {
                let cause = Cause {
                    trigger_key: format!("ev:{}/{}", event.id, workflow.key),
                    by: (event.by != Id::SYSTEM).then_some(event.by),
                    depth: event.depth,
                    release: plan.release,
                    now: context.now,
                };
                self.begin_run(tx, workflow, &record, cause).await?;
            }
        }
        Ok(())
    }

    /// Whether the trigger's condition holds over a record, with the store's answers gathered first.
    pub(super) async fn trigger_holds(
        &self,
        tx: &mut Tx,
        context: &WriteContext,
        (workflow, entity): (&WorkflowPlan, &EntityPlan),
        seen: Seen<'_>,
    ) -> Result<bool, Error> {
        let zone = zone_of(&context.plan);
        let caller = &context.caller;
        let about = FilterContext { caller, now: context.now, zone: &zone, record: Some(seen.fields) };
        let mut facts = Facts::default();
        for _ in 0..crate::facts::ROUNDS {
            let mut wanted = needs::of_trigger(workflow, &facts, &about);
            wanted.records.retain(|(_, id)| !facts.asked.contains(id));
            if wanted.is_empty() {
                break;
            }
            Self::answer_in(tx, entity, Some(seen.record), wanted, &mut facts).await?;
        }
        let circumstances = context.circumstances(RuleOperation::Update);
        let (fields, before) = (seen.fields, seen.before);
        let sight = Sight { fields, before, parent: None, facts: &facts, circumstances: &circumstances };
        Ok(start::holds(workflow, &sight))
    }
}

/// A record as a trigger looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// As it is, flat.
    pub fields: &'a Fields,
    /// As it stood.
    pub before: Option<&'a Fields>,
    /// Its id.
    pub record: Id,
}

/// The workspace's zone.
pub(super) fn zone_of(plan: &AppPlan) -> TimeZone {
    TimeZone::get(&plan.zone).unwrap_or(TimeZone::UTC)
}

/// The engine as a caller.
pub(super) fn engine() -> Caller {
    Caller::system("engine")
}

fn subject(event: Id) -> String {
    format!("event:{event}")
}

fn too_deep(event: &Event, now: Timestamp) -> Incident {
    let subject = format!("record:{}/{}", event.entity, event.record);
    let detail =
        format!("workflows set each other off {} times in a row about one {}", start::DEEPEST, event.entity);
    Incident {
        entity: Some(event.entity.clone()),
        record: Some(event.record),
        context: json!({ "event": event.id, "kind": event.kind, "changed": event.changed }),
        ..Incident::new("workflow.too_deep", subject, detail, now)
    }
}
