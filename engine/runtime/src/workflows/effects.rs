//! What a step does besides moving: writes through the one write path, messages into the outbox, incidents.
//! All of it is part of the step's transaction.

use kezhi_plan::access;
use kezhi_plan::app::EntityPlan;
use kezhi_plan::condition::Reads;
use kezhi_plan::facts::Facts;
use kezhi_plan::workflow::{Action, Notice, Recipient, Signal, needs, value};
use kezhi_plugin::Outgoing;
use kezhi_store::{Incident, Message, MessageState};
use kezhi_types::run::{RunState, Task};
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Event, EventKind, Fields, Id, Violation, Violations};
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

    /// One message to each recipient, each under a key of its own.
    async fn send_message(
        &self,
        stepping: &mut Stepping<'_>,
        (visit, node): (i64, &str),
        key: &str,
        to: Vec<Recipient>,
    ) -> Result<(), Error> {
        let plan = stepping.context.plan.clone();
        let entity = stepping.rows.run.entity.clone();
        let (Some(message), Some(entity)) = (plan.messages.get(key), plan.entity(&entity)) else {
            return self.stuck(stepping, visit, "message.unknown", json!({ "message": key })).await;
        };
        let reads = needs::reads_of_message(message, &plan.catalog, &entity.key);
        let fields = stepping.fields();
        let facts = self.around(stepping, entity, &reads).await?;
        let circumstances = stepping.context.circumstances(kezhi_types::def::rule::RuleOperation::Update);
        let directory = self.directory().await?;
        for recipient in to {
            let (address, caller, place) = match recipient {
                Recipient::Address(address) => (address.clone(), None, address),
                Recipient::Person(id) => {
                    let Some(user) = directory.users.get(&id) else { continue };
                    let Some(address) = address_of(user) else {
                        let detail = json!({ "message": key, "person": user.name, "login": user.login });
                        self.stuck(stepping, visit, "message.no_address", detail).await?;
                        continue;
                    };
                    (address, Some(directory.caller(user)), id.to_string())
                }
            };
            let seen = seen_by(&plan, entity, caller.as_ref(), fields.clone());
            let sight = kezhi_plan::facts::Sight {
                fields: &seen,
                before: None,
                parent: None,
                facts: &facts,
                circumstances: &circumstances,
            };
            let mut context = value::template_context(&sight, &reads, &stepping.rows);
            context["recipient"] = json!({ "name": caller.as_ref().map(|caller| &caller.name) });
            let rendered = match message.render(&context) {
                Ok(rendered) => rendered,
                Err(error) => {
                    self.stuck(
                        stepping,
                        visit,
                        "message.template",
                        json!({ "message": key, "error": error }),
                    )
                    .await?;
                    continue;
                }
            };
            let name = caller.map(|caller| caller.name);
            let outgoing = Outgoing { to: address, name, subject: rendered.subject, text: rendered.text };
            for channel in &message.def.channels {
                let channel =
                    serde_json::to_value(channel).ok().and_then(|name| name.as_str().map(str::to_owned));
                let Some(channel) = channel else { continue };
                let key = format!("run:{}/node:{node}/visit:{visit}/{place}", stepping.rows.run.id);
                self.enqueue(stepping, Some(node), (&channel, key), &outgoing).await?;
            }
        }
        Ok(())
    }

    /// The records that a message's paths lead to.
    async fn around(
        &self,
        stepping: &mut Stepping<'_>,
        entity: &EntityPlan,
        reads: &Reads,
    ) -> Result<Facts, Error> {
        let fields = stepping.fields();
        let mut facts = stepping.facts().clone();
        for _ in 0..crate::facts::ROUNDS {
            let mut wanted = needs::of_reads(reads, &facts, Some(&fields));
            wanted.records.retain(|(_, id)| !facts.asked.contains(id));
            if wanted.is_empty() {
                break;
            }
            Self::answer_in(stepping.tx, entity, Some(stepping.rows.run.record), wanted, &mut facts).await?;
        }
        Ok(facts)
    }

    /// A reminder or an escalation of a task, by e-mail.
    async fn notify(
        &self,
        stepping: &mut Stepping<'_>,
        about: Notice,
        (task, timer): (Id, Id),
        to: &[Id],
    ) -> Result<(), Error> {
        let Some(task) = stepping.rows.task(task).cloned() else { return Ok(()) };
        let directory = self.directory().await?;
        let name = |id: &Id| directory.users.get(id).map_or(String::new(), |user| user.name.clone());
        for person in to {
            let Some(user) = directory.users.get(person) else { continue };
            // The task itself shows that it is late; nobody need be told that a person takes no mail.
            let Some(address) = address_of(user) else { continue };
            let mut args = Fields::new();
            args.insert("title".to_owned(), json!(task.title));
            args.insert("assignee".to_owned(), json!(name(&task.assignee)));
            args.insert("due".to_owned(), json!(due_text(&task, &stepping.zone)));
            let code = match about {
                Notice::Reminder => "mail.reminder",
                Notice::Escalation => "mail.escalation",
            };
            let language = user.language.unwrap_or_default();
            let outgoing = Outgoing {
                to: address,
                name: Some(user.name.clone()),
                subject: sentence(language, code, &args),
                text: sentence(language, &format!("{code}_text"), &args),
            };
            let (run, visit) = (stepping.rows.run.id, task.visit);
            let key = format!("run:{run}/node:{}/visit:{visit}/{timer}/{person}", task.node);
            self.enqueue(stepping, Some(&task.node), ("email", key), &outgoing).await?;
        }
        Ok(())
    }

    async fn enqueue(
        &self,
        stepping: &mut Stepping<'_>,
        node: Option<&str>,
        (channel, idem_key): (&str, String),
        outgoing: &Outgoing,
    ) -> Result<(), Error> {
        let (run, now) = (&stepping.rows.run, stepping.context.now);
        let message = Message {
            id: Id::new(now),
            idem_key,
            channel: channel.to_owned(),
            run: Some(run.id),
            node: node.map(str::to_owned),
            entity: Some(run.entity.clone()),
            record: Some(run.record),
            payload: serde_json::to_value(outgoing).unwrap_or(Value::Null),
            state: MessageState::Pending,
            attempts: 0,
            lease_epoch: 0,
            next_at: now,
            created_at: now,
            finished_at: None,
            answer: None,
        };
        stepping.tx.enqueue_message(&message).await?;
        Ok(())
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

/// A record as the recipient may see it; addresses outside see what the message's author wrote for them.
fn seen_by(
    plan: &kezhi_plan::app::AppPlan,
    entity: &EntityPlan,
    caller: Option<&Caller>,
    fields: Fields,
) -> Fields {
    match caller {
        Some(caller) => access::visible(entity, fields, &access::field_rights(plan, entity, caller)),
        None => fields,
    }
}

/// Where a person gets mail: at their address, or at the one they sign in with.
fn address_of(user: &kezhi_store::User) -> Option<String> {
    user.email.clone().or_else(|| kezhi_plan::kind::is_email(&user.login).then(|| user.login.clone()))
}

fn due_text(task: &Task, zone: &jiff::tz::TimeZone) -> String {
    task.due_at.map_or_else(
        || "—".to_owned(),
        |due| due.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
