//! The list of a person's sessions, and ending them.

use kezhi_store::Session;
use kezhi_types::{Caller, Id, Timestamp};
use serde::Serialize;

use super::notes::{AtDoor, DoorNote};
use super::tokens::hash;
use crate::error::Error;
use crate::runtime::Runtime;

/// How many digits of a session's hash name it to its person.
const NAME: usize = 32;

/// A session as its person sees it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct SessionView {
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    pub way: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub network: String,
    pub agent: String,
}

impl Runtime {
    /// The caller's sessions, used last first.
    ///
    /// # Errors
    /// The store's.
    pub async fn my_sessions(&self, caller: &Caller, token: &str) -> Result<Vec<SessionView>, Error> {
        let (now, current) = (self.0.clock.unmoved(), hash(token));
        let sessions = self.0.store.reader().sessions_of(caller.id).await?;
        let live = sessions.into_iter().filter(|session| session.expires_at > now && !session.half);
        Ok(live
            .map(|session| SessionView {
                id: session.token_hash.chars().take(NAME).collect(),
                current: session.token_hash == current,
                way: session.way,
                created_at: session.created_at,
                seen_at: session.seen_at,
                expires_at: session.expires_at,
                network: session.network,
                agent: session.agent,
            })
            .collect())
    }

    /// Ends one of the caller's sessions, or all but the one that asks.
    ///
    /// # Errors
    /// Not found.
    pub async fn end_my_sessions(&self, caller: &Caller, token: &str, id: Option<&str>) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        match id {
            None => drop(tx.delete_other_sessions(caller.id, &hash(token)).await?),
            Some(id) => {
                let sessions = tx.sessions_of(caller.id).await?;
                let named = |session: &&Session| session.token_hash.get(..NAME) == Some(id);
                let found = sessions.iter().find(named);
                let found = found.ok_or_else(|| Error::NotFound { kind: "session", key: id.to_owned() })?;
                tx.delete_session(&found.token_hash).await?;
            }
        }
        tx.commit().await?;
        self.0.sessions.forget();
        self.note_sessions_ended(caller, caller.id).await;
        Ok(())
    }

    /// Ends every session of somebody.
    ///
    /// # Errors
    /// Denied, also of somebody who may do what the caller may not; not found.
    pub async fn end_sessions_of(&self, caller: &Caller, person: Id) -> Result<(), Error> {
        self.require(caller, "manage_users")?;
        let found = self.0.store.reader().user(person).await?;
        let found = found.ok_or_else(|| Error::NotFound { kind: "user", key: person.to_string() })?;
        self.may_stop(caller, &found)?;
        let mut tx = self.0.store.begin().await?;
        self.sign_out_everywhere(&mut tx, person).await?;
        tx.commit().await?;
        self.0.sessions.forget();
        self.note_sessions_ended(caller, person).await;
        Ok(())
    }

    async fn note_sessions_ended(&self, caller: &Caller, person: Id) {
        let by = (caller.id != person).then_some(caller.id);
        let note =
            DoorNote { what: AtDoor::SessionsEnded, person: Some(person), by, address: None, detail: "" };
        self.note_at_door(note).await;
    }
}
