//! Messages on their way out: written with the step that wants them, sent at least once, each under a key
//! of its own, so that the other side can tell a repetition.

use kezhi_types::{Id, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bind::{Row, binds, json_text, name_of};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// One message to one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its identifier.
    pub id: Id,
    /// Unique among all messages: `run:<id>/node:<key>/v:<visit>/<n>[/<recipient>]`.
    pub idem_key: String,
    /// The channel: `email`.
    pub channel: String,
    /// The run it belongs to.
    pub run: Option<Id>,
    /// Key of the node.
    pub node: Option<String>,
    /// Entity of the record it is about.
    pub entity: Option<String>,
    /// The record it is about.
    pub record: Option<Id>,
    /// Whom and what, rendered, in the channel's own form.
    pub payload: Value,
    /// Where it stands.
    pub state: MessageState,
    /// How often sending was begun.
    pub attempts: i64,
    /// Counts leases; only the holder of the present one may finish.
    pub lease_epoch: i64,
    /// When it may be tried (again), or until when it is leased.
    pub next_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was sent or given up.
    pub finished_at: Option<Timestamp>,
    /// What the other side said last.
    pub answer: Option<String>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Waits for its time.
    Pending,
    /// Somebody is sending it.
    Leased,
    /// The other side has it.
    Sent,
    /// Given up.
    Failed,
    /// It may or may not have arrived; a person decides.
    Uncertain,
}

/// How an attempt to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The other side has it, and said this.
    Sent(String),
    /// Try again at the instant, for the reason.
    Retry(Timestamp, String),
    /// Try again at the instant, for a reason that lies with the channel: the attempt does not count.
    Later(Timestamp, String),
    /// Given up, for the reason.
    Failed(String),
    /// It may or may not have arrived, for the reason.
    Uncertain(String),
}

const MESSAGE: &str = "id, idem_key, channel, run, node, entity, record, payload, state, attempts, lease_epoch, \
                       next_at, created_at, finished_at, answer";

fn message(row: &Row) -> Result<Message, Error> {
    Ok(Message {
        id: row.id(0)?,
        idem_key: row.text(1)?,
        channel: row.text(2)?,
        run: row.maybe_id(3)?,
        node: row.maybe_text(4)?,
        entity: row.maybe_text(5)?,
        record: row.maybe_id(6)?,
        payload: row.json(7)?,
        state: row.name(8)?,
        attempts: row.int(9)?,
        lease_epoch: row.int(10)?,
        next_at: row.at(11)?,
        created_at: row.at(12)?,
        finished_at: row.maybe_at(13)?,
        answer: row.maybe_text(14)?,
    })
}

async fn messages_of_record(conn: &mut Conn, entity: &str, record: Id) -> Result<Vec<Message>, Error> {
    let sql = format!("SELECT {MESSAGE} FROM outbox WHERE entity = $1 AND record = $2 ORDER BY id DESC");
    conn.rows(sql, binds![entity, record]).await?.iter().map(message).collect()
}

async fn messages_of_run(conn: &mut Conn, run: Id) -> Result<Vec<Message>, Error> {
    let sql = format!("SELECT {MESSAGE} FROM outbox WHERE run = $1 ORDER BY id");
    conn.rows(sql, binds![run]).await?.iter().map(message).collect()
}

async fn messages(conn: &mut Conn, state: Option<MessageState>, limit: u32) -> Result<Vec<Message>, Error> {
    let sql =
        format!("SELECT {MESSAGE} FROM outbox WHERE state = COALESCE($1, state) ORDER BY id DESC LIMIT $2");
    let state = state.map_or(crate::bind::Bind::Text(None), |state| name_of(&state));
    conn.rows(sql, vec![state, limit.into()]).await?.iter().map(message).collect()
}

async fn message_by_id(conn: &mut Conn, id: Id) -> Result<Option<Message>, Error> {
    conn.row(format!("SELECT {MESSAGE} FROM outbox WHERE id = $1"), binds![id])
        .await?
        .as_ref()
        .map(message)
        .transpose()
}

reads! {
    /// The messages about a record, newest first.
    fn messages_of_record(entity: &str, record: Id) -> Vec<Message> = messages_of_record;
    /// The messages of a run, oldest first.
    fn messages_of_run(run: Id) -> Vec<Message> = messages_of_run;
    /// The newest messages, all or those in one state.
    fn messages(state: Option<MessageState>, limit: u32) -> Vec<Message> = messages;
    /// One message.
    fn message(id: Id) -> Option<Message> = message_by_id;
}

impl Tx {
    /// Stores a message to be sent at `next_at`; `false`, and nothing stored, when its key exists.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn enqueue_message(&mut self, message: &Message) -> Result<bool, Error> {
        let sql = format!(
            "INSERT INTO outbox ({MESSAGE}) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) \
             ON CONFLICT (idem_key) DO NOTHING"
        );
        let mut values = binds![message.id, &message.idem_key, &message.channel, message.run, &message.node];
        values.extend(binds![&message.entity, message.record]);
        values.extend([json_text(&message.payload), name_of(&message.state), message.attempts.into()]);
        values.extend(binds![message.lease_epoch, message.next_at, message.created_at, message.finished_at]);
        values.push((&message.answer).into());
        Ok(self.conn.run(sql, values).await? == 1)
    }

    /// Leases messages that are due, or whose lease has run out, until `now` + `lease_millis`. Each comes
    /// back with its new `lease_epoch` and `attempts`.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn claim_messages(
        &mut self,
        now: Timestamp,
        limit: u32,
        lease_millis: i64,
    ) -> Result<Vec<Message>, Error> {
        let lock = self.conn.skip_locked();
        let sql = format!(
            "UPDATE outbox SET state = 'leased', lease_epoch = lease_epoch + 1, attempts = attempts + 1, next_at = $2 \
             WHERE id IN (SELECT id FROM outbox WHERE state IN ('pending', 'leased') AND next_at <= $1 \
             ORDER BY next_at, id LIMIT $3{lock}) RETURNING {MESSAGE}"
        );
        let values = binds![now, now.plus_millis(lease_millis), limit];
        let mut claimed: Vec<Message> =
            self.conn.rows(sql, values).await?.iter().map(message).collect::<Result<_, _>>()?;
        claimed.sort_by_key(|message| message.id);
        Ok(claimed)
    }

    /// Ends an attempt; `false` when the lease has gone to somebody else meanwhile.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn finish_message(
        &mut self,
        id: Id,
        epoch: i64,
        outcome: &SendOutcome,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let (state, next, finished, answer) = match outcome {
            SendOutcome::Sent(answer) => (MessageState::Sent, now, Some(now), answer),
            SendOutcome::Retry(at, reason) | SendOutcome::Later(at, reason) => {
                (MessageState::Pending, *at, None, reason)
            }
            SendOutcome::Failed(reason) => (MessageState::Failed, now, Some(now), reason),
            SendOutcome::Uncertain(reason) => (MessageState::Uncertain, now, Some(now), reason),
        };
        let uncounted = i64::from(matches!(outcome, SendOutcome::Later(..)));
        let sql = "UPDATE outbox SET state = $3, next_at = $4, finished_at = $5, answer = $6, attempts = attempts - $7 \
                   WHERE id = $1 AND lease_epoch = $2 AND state = 'leased'";
        let mut values = binds![id, epoch];
        values.extend([name_of(&state), next.into(), finished.into(), answer.into(), uncounted.into()]);
        Ok(self.conn.run(sql, values).await? == 1)
    }

    /// Lets every message of a channel wait until an instant, where the channel itself is not well.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn rest_channel(&mut self, channel: &str, until: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE outbox SET next_at = $2 WHERE channel = $1 AND state = 'pending' AND next_at < $2";
        self.conn.run(sql, binds![channel, until]).await.map(drop)
    }

    /// Sends a failed or uncertain message again, under its old key; `false` when it is neither.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn retry_message(&mut self, id: Id, now: Timestamp) -> Result<bool, Error> {
        let sql = "UPDATE outbox SET state = 'pending', next_at = $2, finished_at = NULL, attempts = 0 \
                   WHERE id = $1 AND state IN ('failed', 'uncertain')";
        Ok(self.conn.run(sql, binds![id, now]).await? == 1)
    }
}
