//! Seeing as somebody else: whoever makes roles looks at the workspace with another's eyes. They read and never write,
//! for an hour at most, and it is stored that they did, before they do.

use kezhi_store::viewings::Viewing;
use kezhi_types::{Caller, CallerKind, Id, Narrowing, Timestamp, Violation, Violations};
use serde::Serialize;

use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;

/// How long one may last, in milliseconds: an hour.
const LASTS: i64 = 3_600_000;
/// The longest reason, in characters.
const REASON: usize = 200;
/// How many are listed.
const LISTED: u32 = 200;

/// A viewing as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct ViewingView {
    pub id: Id,
    pub by: Somebody,
    pub person: Somebody,
    pub reason: String,
    pub at: Timestamp,
    pub expires: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A person by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Somebody {
    pub id: Id,
    pub name: String,
}

/// Whoever is looked as, and the viewing.
#[derive(Debug, Clone)]
pub struct SeenAs {
    /// As a caller who only reads.
    pub caller: Caller,
    /// The viewing.
    pub viewing: ViewingView,
}

impl Runtime {
    /// Begins to see as somebody else.
    ///
    /// # Errors
    /// Denied without `manage_roles` and `use_builder`, by a token, and of administrators to others than them; not found for
    /// nobody that works here; `see_as.reason`; `session.prove_again`.
    pub async fn see_as(&self, caller: &Caller, person: Id, reason: &str) -> Result<ViewingView, Error> {
        self.may_see_as(caller)?;
        let directory = self.directory().await?;
        let unknown = || Error::NotFound { kind: "user", key: person.to_string() };
        let user = directory.users.get(&person).filter(|user| user.active).ok_or_else(unknown)?;
        if directory.caller(user).is_unlimited() && !caller.is_unlimited() {
            return Err(Error::denied("see_as", "user"));
        }
        let reason = reason.trim();
        let wrong = !(1..=REASON).contains(&reason.chars().count()) || reason.contains(char::is_control);
        if wrong {
            return Err(
                Violations::from(Violation::new("see_as.reason", "/reason").with("max", REASON)).into()
            );
        }
        self.require_proof(caller)?;
        let now = self.0.clock.unmoved();
        let viewing = Viewing {
            id: Id::new(now),
            by: caller.id,
            by_name: caller.name.clone(),
            seen_as: user.id,
            seen_as_name: user.name.clone(),
            reason: reason.to_owned(),
            at: now,
            expires_at: now.plus_millis(LASTS),
            ended_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_viewing(&viewing).await?;
        let told = Note::new("see_as", "begun", caller, now).subject(Some(user.id));
        note(&mut tx, told.detail("viewing", viewing.id.to_string()).personal("reason", reason)).await?;
        tx.commit().await?;
        Ok(view(viewing))
    }

    /// Ends it before its time.
    ///
    /// # Errors
    /// Not found, also for somebody else's.
    pub async fn end_see_as(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        let viewing = self.0.store.reader().viewing(id).await?.filter(|viewing| viewing.by == caller.id);
        let viewing = viewing.ok_or_else(|| Error::NotFound { kind: "viewing", key: id.to_string() })?;
        let now = self.0.clock.unmoved();
        let mut tx = self.0.store.begin().await?;
        tx.end_viewing(id, now).await?;
        let told = Note::new("see_as", "ended", caller, now).subject(Some(viewing.seen_as));
        note(&mut tx, told.detail("viewing", id.to_string())).await?;
        Ok(tx.commit().await?)
    }

    /// Who saw as whom, the newest 200; for auditors.
    ///
    /// # Errors
    /// Denied without `view_audit`.
    pub async fn viewings(&self, caller: &Caller) -> Result<Vec<ViewingView>, Error> {
        if !self.may_audit(caller, "view_audit") {
            return Err(Error::denied("view_audit", "audit"));
        }
        Ok(self.0.store.reader().viewings(LISTED).await?.into_iter().map(view).collect())
    }

    /// With whose eyes the caller sees under this viewing, in the caller's language.
    ///
    /// # Errors
    /// Denied where it is over, somebody else's, or the right has gone; not found where the person has left.
    pub async fn seen_as(&self, caller: &Caller, id: Id) -> Result<SeenAs, Error> {
        self.may_see_as(caller)?;
        let now = self.0.clock.unmoved();
        let viewing = self.0.store.reader().viewing(id).await?;
        let viewing = viewing.filter(|viewing| {
            viewing.by == caller.id && viewing.ended_at.is_none() && viewing.expires_at > now
        });
        let viewing = viewing.ok_or_else(|| Error::denied("see_as", "user"))?;
        let directory = self.directory().await?;
        let unknown = || Error::NotFound { kind: "user", key: viewing.seen_as.to_string() };
        let user = directory.users.get(&viewing.seen_as).filter(|user| user.active).ok_or_else(unknown)?;
        let seen = directory.caller(user);
        if seen.is_unlimited() && !caller.is_unlimited() {
            return Err(Error::denied("see_as", "user"));
        }
        let narrowed = Narrowing { token: viewing.id, read_only: true, entities: None };
        let caller = Caller { narrowed: Some(narrowed), language: caller.language, ..seen };
        Ok(SeenAs { caller, viewing: view(viewing) })
    }

    fn may_see_as(&self, caller: &Caller) -> Result<(), Error> {
        if caller.kind != CallerKind::Person || caller.narrowed.is_some() {
            return Err(Error::denied("see_as", "user"));
        }
        self.require(caller, "manage_roles")?;
        self.require(caller, "use_builder")
    }
}

fn view(viewing: Viewing) -> ViewingView {
    ViewingView {
        id: viewing.id,
        by: Somebody { id: viewing.by, name: viewing.by_name },
        person: Somebody { id: viewing.seen_as, name: viewing.seen_as_name },
        reason: viewing.reason,
        at: viewing.at,
        expires: viewing.expires_at,
        ended_at: viewing.ended_at,
    }
}
