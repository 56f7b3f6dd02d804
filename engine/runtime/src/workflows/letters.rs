//! Letters of a step: what a message node tells its recipients, reminders and escalations of tasks. They go into the
//! outbox in the step's transaction; nobody is told what they may not read.

use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::condition::Reads;
use kezhi_plan::facts::{Circumstances, Facts, Sight};
use kezhi_plan::message::MessagePlan;
use kezhi_plan::workflow::{Notice, Recipient, needs, value};
use kezhi_plugin::Outgoing;
use kezhi_store::{Message, MessageState};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::def::screen::Channel;
use kezhi_types::run::Task;
use kezhi_types::text::sentence;
use kezhi_types::{Caller, Fields, Id, Record};
use serde_json::{Value, json};

use super::step::Stepping;
use crate::error::Error;
use crate::people::{Directory, address_of};
use crate::runtime::Runtime;

/// Who gets a letter, and where.
struct Addressee {
    address: String,
    /// With whose eyes the record is read; `None` for an address outside.
    person: Option<Caller>,
    /// What tells this recipient's letter from the others in the outbox.
    place: String,
}

/// What a letter may be filled with.
struct Sources {
    record: Option<Record>,
    fields: Fields,
    facts: Facts,
}

impl Runtime {
    /// One message to each recipient, each under a key of its own.
    pub(super) async fn send_message(
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
        let facts = self.around(stepping, entity, &reads).await?;
        let record = stepping.tx.get_record(&entity.key, stepping.rows.run.record).await?;
        let sources = Sources { record, fields: stepping.fields(), facts };
        let directory = self.directory().await?;
        for recipient in to {
            let addressee = match addressee(&directory, recipient) {
                Ok(Some(addressee)) => addressee,
                Ok(None) => continue,
                Err(person) => {
                    let detail = json!({ "message": key, "person": person.name, "login": person.login });
                    self.stuck(stepping, visit, "message.no_address", detail).await?;
                    continue;
                }
            };
            let outgoing =
                match Self::written(stepping, (&plan, entity), (message, &reads), (&sources, &addressee))
                    .await?
                {
                    Ok(outgoing) => outgoing,
                    Err(error) => {
                        let detail = json!({ "message": key, "error": error });
                        self.stuck(stepping, visit, "message.template", detail).await?;
                        continue;
                    }
                };
            for channel in &message.def.channels {
                let key =
                    format!("run:{}/node:{node}/visit:{visit}/{}", stepping.rows.run.id, addressee.place);
                self.enqueue(stepping, Some(node), (name_of(*channel), key), &outgoing).await?;
            }
        }
        Ok(())
    }

    /// The letter to one recipient, filled with what they may see; or what its template has failed at.
    async fn written(
        stepping: &mut Stepping<'_>,
        (plan, entity): (&AppPlan, &EntityPlan),
        (message, reads): (&MessagePlan, &Reads),
        (sources, to): (&Sources, &Addressee),
    ) -> Result<Result<Outgoing, String>, Error> {
        let mut circumstances = stepping.context.circumstances(RuleOperation::Update);
        // Addresses outside see what the message's author wrote for them.
        let (mut fields, mut facts) = (sources.fields.clone(), sources.facts.clone());
        let mut reads = reads.clone();
        if let Some(person) = &to.person {
            circumstances = Circumstances { caller: person.clone(), ..circumstances };
            fields = match &sources.record {
                Some(record) => Self::visible_to(stepping, (plan, entity), record, &circumstances).await?,
                None => Fields::new(),
            };
            // A lookup is told where its own right allows; those of the relation and of the field behind it follow below.
            let rights = match &sources.record {
                Some(record) if !reads.lookups.is_empty() => {
                    Self::seen_in(stepping.tx, (plan, entity), record, &circumstances).await?
                }
                _ => None,
            };
            reads.lookups.retain(|key, _| rights.as_ref().is_some_and(|rights| rights.may_read(key)));
            for (id, (key, related)) in &mut facts.records {
                let record = stepping.tx.get_record(key, *id).await?;
                *related = match (plan.entity(key), record) {
                    (Some(entity), Some(record)) => {
                        Self::visible_to(stepping, (plan, entity), &record, &circumstances).await?
                    }
                    _ => Fields::new(),
                };
            }
        }
        let sight = Sight {
            fields: &fields,
            before: None,
            parent: None,
            facts: &facts,
            circumstances: &circumstances,
        };
        let mut context = value::template_context(&sight, &reads, &stepping.rows);
        let name = to.person.as_ref().map(|person| person.name.clone());
        context["recipient"] = json!({ "name": name });
        Ok(message.render(&context).map(|rendered| Outgoing {
            to: to.address.clone(),
            name,
            subject: rendered.subject,
            text: rendered.text,
        }))
    }

    /// A record as a person may see it; nothing of it where they may not.
    async fn visible_to(
        stepping: &mut Stepping<'_>,
        (plan, entity): (&AppPlan, &EntityPlan),
        record: &Record,
        circumstances: &Circumstances,
    ) -> Result<Fields, Error> {
        let seen = Self::seen_in(stepping.tx, (plan, entity), record, circumstances).await?;
        Ok(seen.map_or_else(Fields::new, |rights| access::visible(entity, record.flat(), &rights)))
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
    pub(super) async fn notify(
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
}

/// Where a recipient is reached; `None` for a person who is no longer there, the person where they take no mail.
fn addressee(directory: &Directory, to: Recipient) -> Result<Option<Addressee>, &kezhi_store::User> {
    let id = match to {
        Recipient::Address(address) => {
            return Ok(Some(Addressee { place: address.clone(), address, person: None }));
        }
        Recipient::Person(id) => id,
    };
    let Some(user) = directory.users.get(&id) else { return Ok(None) };
    let address = address_of(user).ok_or(user)?;
    Ok(Some(Addressee { address, person: Some(directory.caller(user)), place: id.to_string() }))
}

/// The channel's name in the outbox.
const fn name_of(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
    }
}

fn due_text(task: &Task, zone: &jiff::tz::TimeZone) -> String {
    task.due_at.map_or_else(
        || "—".to_owned(),
        |due| due.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}
