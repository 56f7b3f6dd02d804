//! Records shared one by one: with a person, a role, a department or a team, for reading or writing, for good or until a
//! moment. Who shares gives no more than they have, and the record's history tells of it.

use kezhi_plan::access::Action;
use kezhi_store::{Change, HistoryKind, HistoryRow, Share};
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::share::{self, Access};
use kezhi_types::{Caller, Entrance, Id, Timestamp, Violation, Violations};
use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Rights, WriteContext};
use super::verbs::{Manner, TRIES, spawned};
use super::write::entity_of;
use crate::error::Error;
use crate::runtime::Runtime;

/// A share to be made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareBody {
    /// With whom.
    pub with: ShareTo,
    /// What they may do.
    #[serde(default)]
    pub access: Access,
    /// When it ends; never when absent.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// With whom: exactly one of the four.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShareTo {
    /// Id or login.
    pub person: Option<String>,
    /// Key of a role.
    pub role: Option<String>,
    /// Id or key.
    pub department: Option<String>,
    /// Of a department: also those below it.
    pub below: bool,
    /// Id or key.
    pub team: Option<String>,
}

impl Runtime {
    /// Shares a record. What was shared with the same before is replaced.
    ///
    /// # Errors
    /// Not found; denied without `share` on the record, and of writing without `update`; `share.with`,
    /// `share.until`, unknown people, roles, departments and teams.
    pub async fn share_record(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        body: ShareBody,
    ) -> Result<Value, Error> {
        let subject = self.subject_of(&body.with).await?;
        let now = self.0.clock.now();
        if let Some(until) = body.until.filter(|until| *until <= now) {
            return Err(invalid("share.until", "/until", &until.to_string()));
        }
        let new = Share {
            id: Id::new(now),
            entity: key.to_owned(),
            record: id,
            subject,
            access: body.access,
            by: caller.id,
            at: now,
            until: body.until,
        };
        let (runtime, caller) = (self.clone(), caller.clone());
        let stored = spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, Entrance::Api, &Manner::default())?;
                match runtime.share_once(&context, &new).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    other => return other,
                }
            }
        })
        .await?;
        self.share_view(&stored).await
    }

    /// With whom a record is shared, by whom and until when, for whoever may share it.
    ///
    /// # Errors
    /// Not found; denied without `share` on the record.
    pub async fn shares(&self, caller: &Caller, (key, id): (&str, Id)) -> Result<Vec<Value>, Error> {
        let plan = self.plan()?;
        let record = self.readable(&plan, caller, key, id).await?;
        self.allowed(&plan, caller, (&record, Action::Share)).await?;
        let mut items = Vec::new();
        for share in self.0.store.reader().shares_of(key, id).await? {
            items.push(self.share_view(&share).await?);
        }
        Ok(items)
    }

    /// Takes a share back.
    ///
    /// # Errors
    /// Not found; denied without `share` on the record.
    pub async fn unshare_record(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        share: Id,
    ) -> Result<(), Error> {
        let (runtime, caller, key) = (self.clone(), caller.clone(), key.to_owned());
        spawned(async move {
            let mut tries = 0;
            loop {
                let context = runtime.context(&caller, Entrance::Api, &Manner::default())?;
                match runtime.unshare_once(&context, (&key, id), share).await {
                    Err(error) if tries < TRIES && runtime.worth_repeating(&error).await? => tries += 1,
                    other => return other,
                }
            }
        })
        .await
    }

    async fn share_once(&self, context: &WriteContext, new: &Share) -> Result<Share, Error> {
        let mut tx = self.begin(context).await?;
        let record = Self::shareable(&mut tx, context, (&new.entity, new.record)).await?;
        if new.access == Access::Write && context.rights == Rights::Caller {
            let circumstances = context.circumstances(RuleOperation::Update);
            Self::permit(&mut tx, context, Action::Update, &record, &circumstances).await?;
        }
        let (stored, before) = tx.save_share(new).await?;
        let said = self.share_view(&stored).await?;
        let before = match &before {
            Some(before) => self.share_view(before).await?,
            None => Value::Null,
        };
        tx.append_history(&noted(context, &record, HistoryKind::Shared, (before, said))).await?;
        tx.commit().await?;
        self.0.directory.forget();
        Ok(stored)
    }

    async fn unshare_once(
        &self,
        context: &WriteContext,
        (key, id): (&str, Id),
        share: Id,
    ) -> Result<(), Error> {
        let mut tx = self.begin(context).await?;
        let record = Self::shareable(&mut tx, context, (key, id)).await?;
        let gone = tx.delete_share((key, id), share).await?;
        let gone = gone.ok_or_else(|| Error::NotFound { kind: "share", key: share.to_string() })?;
        let said = self.share_view(&gone).await?;
        tx.append_history(&noted(context, &record, HistoryKind::Unshared, (said, Value::Null))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The record, locked, if the caller may share it.
    async fn shareable(
        tx: &mut kezhi_store::Tx,
        context: &WriteContext,
        (key, id): (&str, Id),
    ) -> Result<kezhi_types::Record, Error> {
        entity_of(context, key)?;
        super::read::entity_known(&context.plan, &context.caller, key)?;
        let record = tx.lock_record(key, id).await?.filter(|record| record.deleted_at.is_none());
        let record = record.ok_or_else(|| Error::no_record(id))?;
        if context.rights == Rights::Caller {
            let circumstances = context.circumstances(RuleOperation::Update);
            Self::permit(tx, context, Action::Share, &record, &circumstances).await?;
        }
        Ok(record)
    }

    /// What stands for those whom a body names.
    async fn subject_of(&self, to: &ShareTo) -> Result<String, Error> {
        let named = [&to.person, &to.role, &to.department, &to.team];
        if named.iter().filter(|named| named.is_some()).count() != 1 || (to.below && to.department.is_none())
        {
            return Err(invalid("share.with", "/with", ""));
        }
        let directory = self.directory().await?;
        if let Some(person) = &to.person {
            let found = directory.users.values().find(|user| {
                user.active && (user.login.eq_ignore_ascii_case(person) || user.id.to_string() == *person)
            });
            let found = found.ok_or_else(|| invalid("user.unknown_person", "/with/person", person))?;
            return Ok(share::person(found.id));
        }
        if let Some(role) = &to.role {
            let known = role == "admin" || self.plan()?.roles.contains_key(role);
            return if known {
                Ok(share::role(role))
            } else {
                Err(invalid("user.unknown_role", "/with/role", role))
            };
        }
        if let Some(department) = &to.department {
            let found = directory
                .departments
                .values()
                .find(|found| found.key == *department || found.id.to_string() == *department);
            let found =
                found.ok_or_else(|| invalid("user.unknown_department", "/with/department", department))?;
            return Ok(share::department(found.id, to.below));
        }
        let team = to.team.as_deref().unwrap_or_default();
        let found = self.0.store.reader().team_named(team).await?;
        found.map(|(id, _)| share::team(id)).ok_or_else(|| invalid("share.unknown_team", "/with/team", team))
    }

    /// `{id, with: {…, name}, access, until, ended, by, at}`
    async fn share_view(&self, share: &Share) -> Result<Value, Error> {
        let directory = self.directory().await?;
        let (kind, key) = share.subject.split_once(':').unwrap_or(("", &share.subject));
        let id = key.parse::<Id>().ok();
        let person = |id: &Id| directory.users.get(id).map(|user| user.name.clone());
        let department = |id: &Id| directory.departments.get(id).map(|found| found.title.clone());
        let with = match kind {
            "person" => json!({ "person": key, "name": id.as_ref().and_then(person) }),
            "role" => {
                let plan = self.plan()?;
                let title = plan.roles.get(key).map(|role| role.def.title.clone());
                json!({ "role": key, "name": title })
            }
            "team" => {
                let team = self.0.store.reader().team_named(key).await?;
                json!({ "team": key, "name": team.map(|(_, title)| title) })
            }
            kind => {
                let name = id.as_ref().and_then(department);
                json!({ "department": key, "below": kind == "below", "name": name })
            }
        };
        let ended = share.until.is_some_and(|until| until <= self.0.clock.now());
        let by = json!({ "id": share.by, "name": person(&share.by) });
        Ok(json!({
            "id": share.id, "with": with, "access": share.access, "until": share.until, "ended": ended,
            "by": by, "at": share.at,
        }))
    }
}

/// A row of history; what is shared stands in it as the change of `shares`.
fn noted(
    context: &WriteContext,
    record: &kezhi_types::Record,
    kind: HistoryKind,
    (from, to): (Value, Value),
) -> HistoryRow {
    HistoryRow {
        entity: record.entity.clone(),
        record: record.id,
        version: record.version,
        at: context.now,
        by: context.caller.id,
        by_name: context.caller.name.clone(),
        entrance: context.entrance,
        release: context.plan.release,
        depth: context.depth,
        kind,
        run: None,
        changes: vec![Change { field: super::timeline::SHARES.to_owned(), from, to }],
    }
}

fn invalid(code: &str, pointer: &str, value: &str) -> Error {
    Violations::from(Violation::new(code, pointer).with("value", value)).into()
}
