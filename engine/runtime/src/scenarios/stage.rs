//! A workspace that is thrown away: the template, the people and records that are given, a clock that stands, an
//! outbox in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use kezhi_plugin::{Channel, Channels, IdempotencyKey, Outgoing, Receipt, SendError};
use kezhi_store::{StoreConfig, Synchronous};
use kezhi_types::def::files::Folder;
use kezhi_types::def::scenario::{GivenRecord, ScenarioDef};
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp};
use serde_json::Value;

use crate::clock::Clock;
use crate::error::Error;
use crate::people::{UserChange, operator};
use crate::records::{Change, WriteContext};
use crate::runtime::{Runtime, RuntimeConfig};
use crate::scripts::WorkerCommand;

/// Who is there besides the people given: somebody must hold what falls to the administrators.
const ADMINISTRATOR: &str = "admin";

/// A scenario under way.
pub(super) struct Stage {
    pub(super) runtime: Runtime,
    /// Names of records to where they are.
    pub(super) records: BTreeMap<String, (String, Id)>,
    /// Logins to people.
    pub(super) people: BTreeMap<String, Id>,
    /// Removed last: fields are dropped in this order.
    _folder: Scratch,
}

/// A folder that goes with the stage.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Takes every letter and keeps none: the outbox of the workspace knows them.
#[derive(Debug)]
struct Letters;

#[async_trait]
impl Channel for Letters {
    fn key(&self) -> &'static str {
        "email"
    }

    fn describe(&self) -> String {
        "kept for the scenario".to_owned()
    }

    async fn send(&self, _message: &Outgoing, key: &IdempotencyKey) -> Result<Receipt, SendError> {
        Ok(Receipt { id: key.0.clone() })
    }
}

impl Stage {
    /// Sets the stage.
    ///
    /// # Errors
    /// A sentence, when what is given cannot be.
    pub(super) async fn open(
        template: &Folder,
        scenario: &ScenarioDef,
        worker: WorkerCommand,
    ) -> Result<Self, String> {
        let now = Timestamp::parse(&scenario.now)?;
        let path = std::env::temp_dir().join(format!("kezhi-scenario-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path)
            .map_err(|error| format!("no temporary folder can be made: {error}"))?;
        let folder = Scratch(path.clone());
        let store =
            StoreConfig { synchronous: Synchronous::Normal, ..StoreConfig::sqlite(path.join("kezhi.db")) };
        let config = RuntimeConfig {
            store,
            data_dir: path,
            clock: Clock::standing_at(now),
            channels: Channels::default().with(Letters),
            worker,
            options: crate::RuntimeOptions::default(),
        };
        let runtime = Runtime::open(config).await.map_err(told)?;
        runtime.install_template(&operator(), template, false).await.map_err(told)?;
        let mut stage = Self { runtime, records: BTreeMap::new(), people: BTreeMap::new(), _folder: folder };
        stage.hire(ADMINISTRATOR, &["admin".to_owned()]).await?;
        for (login, roles) in scenario.given.users.iter().filter(|(login, _)| *login != ADMINISTRATOR) {
            stage.hire(login, roles).await?;
        }
        for (name, given) in &scenario.given.records {
            stage.give(name, given).await.map_err(|error| format!("given `{name}`: {error}"))?;
        }
        stage.settle().await?;
        Ok(stage)
    }

    /// Does everything that is due.
    pub(super) async fn settle(&self) -> Result<(), String> {
        self.runtime.settle().await.map_err(told)
    }

    async fn hire(&mut self, login: &str, roles: &[String]) -> Result<(), String> {
        let change = UserChange {
            login: Some(login.to_owned()),
            roles: Some(roles.to_vec()),
            ..UserChange::default()
        };
        let user = self.runtime.create_user(&operator(), change, true).await;
        let user = user.map_err(|error| format!("given user `{login}`: {}", told(error)))?;
        self.people.insert(login.to_owned(), user.id);
        Ok(())
    }

    /// A record that exists before the scenario begins: no workflow hears of it.
    async fn give(&mut self, name: &str, given: &GivenRecord) -> Result<(), String> {
        let fields = self.resolved(&given.fields)?;
        let runtime = &self.runtime;
        let plan = runtime.plan().map_err(told)?;
        let now = runtime.clock().now();
        let mut context = WriteContext::system(plan, "scenario", Entrance::Template, now, 0);
        context.workflows = false;
        let change = Change::Create { entity: given.entity.clone(), id: None, fields };
        let mut tx = runtime.begin(&context).await.map_err(told)?;
        let written = runtime.apply(&mut tx, &context, change).await.map_err(told)?;
        tx.commit().await.map_err(|error| told(error.into()))?;
        self.records.insert(name.to_owned(), (given.entity.clone(), written.record.id));
        Ok(())
    }

    /// Somebody as a caller; nobody named is the operator.
    pub(super) async fn caller(&self, login: Option<&str>) -> Result<Caller, String> {
        let Some(login) = login else { return Ok(operator()) };
        let directory = self.runtime.directory().await.map_err(told)?;
        let user = directory.by_login(login).ok_or_else(|| format!("nobody is called `{login}`"))?;
        Ok(directory.caller(user))
    }

    /// Where `@name` is.
    pub(super) fn record(&self, reference: &str) -> Result<(&str, Id), String> {
        let name = reference.strip_prefix('@').unwrap_or(reference);
        let found = self.records.get(name).map(|(entity, id)| (entity.as_str(), *id));
        found.ok_or_else(|| format!("no record is called `{reference}`"))
    }

    /// Fields with every `@name` replaced by the id of the record or person.
    pub(super) fn resolved(&self, fields: &Fields) -> Result<Fields, String> {
        let resolved = fields.iter().map(|(key, value)| Ok((key.clone(), self.resolved_value(value)?)));
        resolved.collect()
    }

    pub(super) fn resolved_value(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) if text.starts_with('@') => Value::String(self.named(text)?.to_string()),
            Value::Array(items) => {
                items.iter().map(|item| self.resolved_value(item)).collect::<Result<_, _>>()?
            }
            Value::Object(fields) => Value::Object(self.resolved(fields)?),
            other => other.clone(),
        })
    }

    /// The record or person that `@name` means.
    pub(super) fn named(&self, reference: &str) -> Result<Id, String> {
        let name = reference.strip_prefix('@').unwrap_or(reference);
        let record = self.records.get(name).map(|(_, id)| *id);
        let found = record.or_else(|| self.people.get(name).copied());
        found.ok_or_else(|| format!("nothing is called `{reference}`"))
    }
}

/// An error in words, with every violation.
#[allow(clippy::needless_pass_by_value, reason = "stands in `map_err`")]
pub(super) fn told(error: Error) -> String {
    match &error {
        Error::Invalid(violations) => {
            let each = violations.0.iter().map(|found| {
                let rule = found.rule.as_ref().map(|rule| format!(" by rule {rule}")).unwrap_or_default();
                format!("{} at `{}`{rule}", found.code, found.pointer)
            });
            format!("refused with {}", each.collect::<Vec<_>>().join(", "))
        }
        Error::Definitions(diagnostics) => {
            let each = diagnostics.iter().map(|found| format!("{}: {}", found.path, found.message.en));
            format!("the definitions do not compile: {}", each.collect::<Vec<_>>().join("; "))
        }
        Error::Conflict { code, detail, .. } => format!("refused with {code}: {detail}"),
        error => error.to_string(),
    }
}
