//! What a step does besides moving: writes through the one write path, incidents; letters are in [`super::letters`].
//! All of it is part of the step's transaction.

use kezhi_plan::workflow::{Action, Signal};
use kezhi_store::Incident;
use kezhi_types::run::RunState;
use kezhi_types::{Event, EventKind, Fields, Id, Violation, Violations};
use serde_json::{Value, json};

use super::step::Stepping;
use crate::error::Error;
use crate::records::Change;
use crate::runtime::Runtime;

impl Runtime {
    /// Does what a step asks, in order; answers the signal that a write leads to.
    pub(super) async fn act(
        &self,
        stepping: &mut Stepping<'_>,
        actions: Vec<Action>,
    ) -> Result<Option<Signal>, Error> {
        let mut answer = None;
        for action in actions {
            match action {
                Action::Update { visit, entity, record, fields } => {
                    let change = Change::Update { entity, id: record, fields, version: None };
                    answer = Some(self.write_for(stepping, visit, change, Fields::new()).await?);
                }
                Action::Create { visit, entity, fields, name } => {
                    let id = Id::new(stepping.context.now);
                    let vars = name.map(|name| (name, json!(id))).into_iter().collect();
                    let change = Change::Create { entity, id: Some(id), fields };
                    answer = Some(self.write_for(stepping, visit, change, vars).await?);
                }
                Action::Message { visit, node, message, to } => {
                    self.send_message(stepping, (visit, &node), &message, to).await?;
                }
                Action::Notify { about, task, timer, to } => {
                    self.notify(stepping, about, (task, timer), &to).await?
                }
                Action::Incident { visit, code, detail } => self.stuck(stepping, visit, code, detail).await?,
                Action::Ended => self.ended(stepping).await?,
            }
        }
        Ok(answer)
    }

    /// A node's write. What a rule refuses leaves no trace and makes the run wait for help.
    async fn write_for(
        &self,
        stepping: &mut Stepping<'_>,
        visit: i64,
        change: Change,
        vars: Fields,
    ) -> Result<Signal, Error> {
        let outcome = self.apply(stepping.tx, &stepping.context, change).await;
        stepping.look_again();
        let refused = |why| Ok(Signal::Refused { visit, why });
        match outcome {
            Ok(_) => Ok(Signal::Performed { visit, vars }),
            Err(Error::Invalid(why)) => refused(why),
            Err(Error::NotFound { .. } | Error::UnknownEntity(_)) => {
                refused(Violations::from(Violation::new("record.unknown_reference", "")))
            }
            Err(Error::Script(why)) => refused(Violation::new("rule.failed", "").with("error", why).into()),
            Err(other) => Err(other),
        }
    }

    /// The run is stuck at a node until a person helps.
    pub(super) async fn stuck(
        &self,
        stepping: &mut Stepping<'_>,
        visit: i64,
        code: &str,
        detail: Value,
    ) -> Result<(), Error> {
        let (run, now) = (&stepping.rows.run, stepping.context.now);
        let node = stepping.rows.visit(visit).map(|visit| visit.node.clone());
        let place = node.clone().unwrap_or_default();
        let (subject, said) = (
            format!("run:{}/node:{place}", run.id),
            format!("workflow {} stands at {place}: {code}", run.workflow),
        );
        let incident = Incident {
            run: Some(run.id),
            node,
            entity: Some(run.entity.clone()),
            record: Some(run.record),
            context: detail,
            ..Incident::new(code, subject, said, now)
        };
        Ok(stepping.tx.open_incident(&incident).await?)
    }

    /// The run is over: the fact is told, and what was stuck about it is no longer. What was not sent stays open.
    async fn ended(&self, stepping: &mut Stepping<'_>) -> Result<(), Error> {
        let (run, context) = (stepping.rows.run.clone(), &stepping.context);
        if run.state != RunState::Failed {
            for incident in stepping.tx.incidents_of_run(run.id).await? {
                // A letter that was not sent is still not sent.
                if incident.resolved_at.is_none() && !incident.code.starts_with("message.") {
                    stepping.tx.resolve_incident(incident.id, Id::SYSTEM, "itself", context.now).await?;
                }
            }
        }
        let event = run_finished(&run, context);
        Ok(stepping.tx.append_event(&event).await?)
    }
}

/// `run_finished` about the run's record.
pub(super) fn run_finished(run: &kezhi_types::run::Run, context: &crate::records::WriteContext) -> Event {
    let after = [("workflow", json!(run.workflow)), ("state", json!(run.state)), ("run", json!(run.id))];
    Event {
        id: Id::new(context.now),
        kind: EventKind::RunFinished,
        at: context.now,
        entity: run.entity.clone(),
        record: run.record,
        changed: Vec::new(),
        before: Fields::new(),
        after: after.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        by: context.caller.id,
        entrance: context.entrance,
        release: context.plan.release,
        depth: run.depth + 1,
        workflows: true,
    }
}
