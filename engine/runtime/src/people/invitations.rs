//! One-time links by which people choose their password: an invitation, or another one in place of a forgotten one. A
//! link holds 256 random bits and only its hash is stored. Sent by mail, it is made at the moment of sending, so that
//! the letter in the outbox holds none.

use kezhi_plugin::Outgoing;
use kezhi_store::{AccountLink, LinkPurpose, Message, MessageState, Tx, User};
use kezhi_types::text::{Language, sentence};
use kezhi_types::{Caller, Fields, Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::accounts::not_found;
use super::directory::address_of;
use super::guard::MANAGE;
use super::password;
use super::tokens::{hash, random_token};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;

/// An hour in milliseconds.
const HOUR: i64 = 3_600_000;
/// How long an invitation holds: 7 days.
const INVITE: i64 = 7 * 24 * HOUR;
/// How long a link holds that an administrator makes for a forgotten password: a day.
const RESET: i64 = 24 * HOUR;
/// How long one holds that somebody asked for themselves: an hour.
const ASKED: i64 = HOUR;
/// Letters about a forgotten password that one account gets within an hour.
const LETTERS: u32 = 3;
/// How often one network may ask for such letters within an hour.
const QUESTIONS: u32 = 30;
/// The member of a letter that says for whom a link is to be made.
const ACCOUNT: &str = "account";

/// A link that was made, or is on its way.
#[derive(Debug, Clone, Serialize)]
pub struct LinkMade {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Until when it opens the account.
    pub expires_at: String,
    /// The address that it goes to by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
    /// The path of the page that it opens, to be handed over; told once, and only where no mail goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What whoever holds a link is told of it.
#[derive(Debug, Clone, Serialize)]
pub struct LinkTold {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Whose account it opens.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Until when.
    pub expires_at: String,
}

/// For whom a letter's link is made when it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wanted {
    person: Id,
    purpose: LinkPurpose,
    /// Where the interface is: `https://crm.example.com`.
    base: String,
    expires_at: Timestamp,
    by: Id,
    language: Language,
}

impl Runtime {
    /// Makes a link by which a person chooses their password; an earlier one opens nothing any more. `base` is the address of
    /// the interface, where mail goes out: then the link goes by mail to whoever has an address.
    ///
    /// # Errors
    /// Denied, also for the account of somebody who may do more than the caller; not found; `user.not_active`;
    /// `session.prove_again`, for a link is as good as a password.
    pub async fn make_link(&self, caller: &Caller, id: Id, base: Option<&str>) -> Result<LinkMade, Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        let user = tx.user(id).await?.ok_or_else(|| not_found("user", id))?;
        self.may_hold_keys_of(caller, &user)?;
        self.require_proof(caller)?;
        if !user.active {
            let detail = "whoever may not sign in needs no password".to_owned();
            return Err(Error::Conflict { code: "user.not_active", detail, data: Value::Null });
        }
        tx.delete_account_links_of(id).await?;
        let told = Note::new("user", "link_made", caller, self.0.clock.now());
        note(&mut tx, told.subject(Some(id))).await?;
        let now = self.0.clock.unmoved();
        let (purpose, life) = match user.password {
            None => (LinkPurpose::Invite, INVITE),
            Some(_) => (LinkPurpose::Reset, RESET),
        };
        let expires_at = now.plus_millis(life);
        let made = |sent_to, link| LinkMade { purpose, expires_at: expires_at.to_string(), sent_to, link };
        if let (Some(base), Some(address)) = (base, address_of(&user)) {
            let language = user.language.unwrap_or(caller.language);
            let base = base.to_owned();
            let wanted = Wanted { person: id, purpose, base, expires_at, by: caller.id, language };
            self.post(&mut tx, (&user, &address), &wanted).await?;
            tx.commit().await?;
            self.0.wake.notify_one();
            return Ok(made(Some(address), None));
        }
        let token = random_token();
        let link = AccountLink {
            token_hash: hash(&token),
            person: id,
            purpose,
            created_by: caller.id,
            created_at: now,
            expires_at,
        };
        tx.insert_account_link(&link).await?;
        tx.commit().await?;
        Ok(made(None, Some(format!("/welcome#{token}"))))
    }

    /// Takes every link of a person back.
    ///
    /// # Errors
    /// Denied; not found.
    pub async fn take_links_back(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        tx.user(id).await?.ok_or_else(|| not_found("user", id))?;
        tx.delete_account_links_of(id).await?;
        Ok(tx.commit().await?)
    }

    /// Sends a link to whoever has forgotten the password of this login or address. The answer is the same, and comes at
    /// once, whether there is such an account or not.
    ///
    /// # Errors
    /// `reset.unavailable` where no mail goes out; too often from one network.
    pub async fn ask_reset(&self, asked: &str, network: &str, base: Option<&str>) -> Result<(), Error> {
        let Some(base) = base.map(str::to_owned) else {
            let detail = "no mail goes out of this workspace".to_owned();
            return Err(Error::Conflict { code: "reset.unavailable", detail, data: Value::Null });
        };
        let now = self.0.clock.unmoved();
        let counted = self.0.resets.count(place_of(network), now, QUESTIONS);
        counted.map_err(|retry_after| Error::TooMany { retry_after })?;
        let (runtime, asked) = (self.clone(), asked.trim().to_lowercase());
        // Whether a letter is written must not show in how long the answer takes.
        tokio::spawn(async move {
            if let Err(error) = runtime.write_resets(&asked, &base).await {
                tracing::error!(%error, "a letter about a forgotten password could not be written");
            }
        });
        Ok(())
    }

    async fn write_resets(&self, asked: &str, base: &str) -> Result<(), Error> {
        let directory = self.directory().await?;
        let now = self.0.clock.unmoved();
        let meant = |user: &&User| {
            let named = user.login.to_lowercase() == asked
                || user.email.as_ref().is_some_and(|email| email.to_lowercase() == asked);
            named && user.active && !user.demo
        };
        for user in directory.users.values().filter(meant).take(LETTERS as usize) {
            let Some(address) = address_of(user) else { continue };
            if self.0.resets.count(user.id, now, LETTERS).is_err() {
                continue;
            }
            let purpose = if user.password.is_none() { LinkPurpose::Invite } else { LinkPurpose::Reset };
            let (base, language) = (base.to_owned(), user.language.unwrap_or_default());
            let expires_at = now.plus_millis(ASKED);
            let wanted = Wanted { person: user.id, purpose, base, expires_at, by: user.id, language };
            let mut tx = self.0.store.begin().await?;
            self.post(&mut tx, (user, &address), &wanted).await?;
            tx.commit().await?;
            self.0.wake.notify_one();
        }
        Ok(())
    }

    /// What a link opens.
    ///
    /// # Errors
    /// `link.not_found` where it is wrong, over, used, or taken back.
    pub async fn look_at_link(&self, token: &str) -> Result<LinkTold, Error> {
        let reader = self.0.store.reader();
        let link = reader.account_link(&hash(token)).await?.filter(|link| self.holds(link));
        let link = link.ok_or_else(no_link)?;
        let user = reader.user(link.person).await?.filter(|user| user.active).ok_or_else(no_link)?;
        let expires_at = link.expires_at.to_string();
        Ok(LinkTold { purpose: link.purpose, login: user.login, name: user.name, expires_at })
    }

    /// Gives the person behind a link the password that they chose; every session and every link of theirs ends.
    ///
    /// # Errors
    /// `link.not_found` as above; `password.length`.
    pub async fn use_link(&self, token: &str, chosen: &str) -> Result<(), Error> {
        // What opens nothing costs nobody the reckoning of a hash.
        let told = self.look_at_link(token).await?;
        password::check(chosen, &[&told.login, &told.name])?;
        let chosen = password::hash(chosen).await?;
        let hash = hash(token);
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let link = tx.account_link(&hash).await?.filter(|link| self.holds(link)).ok_or_else(no_link)?;
        let user = tx.user(link.person).await?.filter(|user| user.active).ok_or_else(no_link)?;
        if !tx.use_account_link(&hash).await? {
            return Err(no_link());
        }
        tx.save_user(&User { password: Some(chosen), must_change: false, demo: false, ..user }).await?;
        tx.delete_account_links_of(link.person).await?;
        self.sign_out_everywhere(&mut tx, link.person).await?;
        let told = Note::new("user", "link_used", &Caller::system("link"), self.0.clock.now());
        note(&mut tx, told.subject(Some(link.person)).detail("made_by", link.created_by.to_string())).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(())
    }

    fn holds(&self, link: &AccountLink) -> bool {
        link.expires_at > self.0.clock.unmoved()
    }

    /// A letter into the outbox, its link still to be made.
    async fn post(&self, tx: &mut Tx, (user, address): (&User, &str), wanted: &Wanted) -> Result<(), Error> {
        let now = self.0.clock.now();
        let id = Id::new(now);
        let payload = json!({
            "to": address, "name": user.name, "subject": "", "text": "",
            ACCOUNT: serde_json::to_value(wanted).unwrap_or(Value::Null),
        });
        let message = Message {
            id,
            idem_key: format!("account:{}/{id}", user.id),
            channel: "email".to_owned(),
            run: None,
            node: None,
            entity: None,
            record: None,
            payload,
            state: MessageState::Pending,
            attempts: 0,
            lease_epoch: 0,
            next_at: now,
            created_at: now,
            finished_at: None,
            answer: None,
        };
        tx.enqueue_message(&message).await?;
        Ok(())
    }

    /// A message as it is to be sent: a letter about an account gets its link now. Nothing where the link is wanted no
    /// more.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn outgoing(&self, payload: &Value) -> Result<Option<Value>, Error> {
        let Some(wanted) = payload.get(ACCOUNT) else { return Ok(Some(payload.clone())) };
        let Ok(wanted) = serde_json::from_value::<Wanted>(wanted.clone()) else { return Ok(None) };
        let now = self.0.clock.unmoved();
        let title = self.0.store.reader().setting("title").await?;
        let mut tx = self.0.store.begin().await?;
        // Not to an address that was theirs when the letter was written.
        let still = |user: &User| user.active && address_of(user).as_deref() == payload["to"].as_str();
        let user = tx.user(wanted.person).await?.filter(still);
        let Some(user) = user.filter(|_| wanted.expires_at > now) else { return Ok(None) };
        let token = random_token();
        let link = AccountLink {
            token_hash: hash(&token),
            person: user.id,
            purpose: wanted.purpose,
            created_by: wanted.by,
            created_at: now,
            expires_at: wanted.expires_at,
        };
        tx.insert_account_link(&link).await?;
        tx.commit().await?;
        let hours = ((wanted.expires_at.0 - now.0 + HOUR - 1) / HOUR).max(1);
        let title = title.as_ref().and_then(Value::as_str).unwrap_or("Kezhi 客制");
        let link = format!("{}/welcome#{token}", wanted.base.trim_end_matches('/'));
        let args =
            json!({ "title": title, "name": user.name, "login": user.login, "link": link, "hours": hours });
        let args: Fields = args.as_object().cloned().unwrap_or_default();
        let code = match wanted.purpose {
            LinkPurpose::Invite => "mail.invite",
            LinkPurpose::Reset => "mail.reset",
        };
        let outgoing = Outgoing {
            to: payload["to"].as_str().unwrap_or_default().to_owned(),
            name: Some(user.name.clone()),
            subject: sentence(wanted.language, code, &args),
            text: sentence(wanted.language, &format!("{code}_text"), &args),
        };
        Ok(Some(serde_json::to_value(outgoing).unwrap_or(Value::Null)))
    }
}

/// Under what a network is counted.
fn place_of(network: &str) -> Id {
    let digest = Sha256::digest(network.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id::from_bytes(bytes)
}

fn no_link() -> Error {
    Error::NotFound { kind: "link", key: String::new() }
}
