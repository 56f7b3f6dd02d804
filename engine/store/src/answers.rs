//! Requests that are carried out once: who carries one out and until when, what has been done of it, and its answer.
//!
//! Whoever claims a request holds it for a while and holds on while the work goes on. A claim that is held no longer
//! may be taken over; its `turn` then moves, and whatever the former holder still tries to write is refused.

use std::collections::BTreeMap;

use kezhi_types::{Id, Timestamp};
use serde_json::Value;

use crate::bind::{Dialect, Row, binds, json_text};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// What names a request: who asks, where, and under which `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asks.
    pub caller: Id,
    /// The path.
    pub route: String,
    /// The caller's key.
    pub key: String,
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Hash of the request's body.
    pub request_hash: String,
    /// The HTTP status; `None` while there is no answer.
    pub status: Option<i64>,
    /// The answer's body and the headers worth repeating.
    pub response: Value,
    /// When the request came first.
    pub at: Timestamp,
    /// Until when whoever carries it out holds it.
    pub until: Timestamp,
    /// Counts those who carried it out.
    pub turn: i64,
    /// What its transaction did, where the work is committed.
    pub done: Option<Value>,
}

fn answer(row: &Row) -> Result<Answer, Error> {
    let done = row.maybe_text(6)?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Answer {
        request_hash: row.text(0)?,
        status: row.maybe_int(1)?,
        response: row.json(2)?,
        at: row.at(3)?,
        until: row.at(4)?,
        turn: row.int(5)?,
        done: done.map_err(|error| Error::Damaged(format!("idempotency.done: {error}")))?,
    })
}

async fn find_answer(conn: &mut Conn, request: &RequestKey) -> Result<Option<Answer>, Error> {
    let sql = "SELECT request_hash, status, response, at, until, turn, done FROM idempotency \
               WHERE caller = $1 AND route = $2 AND key = $3";
    let row = conn.row(sql, binds![request.caller, &request.route, &request.key]).await?;
    row.as_ref().map(answer).transpose()
}

async fn parts(conn: &mut Conn, request: &RequestKey) -> Result<BTreeMap<i64, Value>, Error> {
    let sql = "SELECT part, result FROM request_parts WHERE caller = $1 AND route = $2 AND key = $3";
    let rows = conn.rows(sql, binds![request.caller, &request.route, &request.key]).await?;
    rows.iter().map(|row| Ok((row.int(0)?, row.json(1)?))).collect()
}

reads! {
    /// What is known of a request.
    fn answer(request: &RequestKey) -> Option<Answer> = find_answer;
    /// The parts of a request that are committed, with what each did.
    fn request_parts(request: &RequestKey) -> BTreeMap<i64, Value> = parts;
}

impl Tx {
    /// Claims a request that now runs, for its first turn; `false` when it is known already.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn claim_answer(
        &mut self,
        request: &RequestKey,
        request_hash: &str,
        (at, until): (Timestamp, Timestamp),
    ) -> Result<bool, Error> {
        let sql = "INSERT INTO idempotency (caller, route, key, request_hash, status, response, at, until, turn) \
                   VALUES ($1,$2,$3,$4,NULL,'null',$5,$6,1) ON CONFLICT DO NOTHING";
        let mut values = binds![request.caller, &request.route, &request.key, request_hash];
        values.extend(binds![at, until]);
        Ok(self.conn.run(sql, values).await? == 1)
    }

    /// Takes over a request that nobody holds any more; `false` when somebody else did, or it has been answered.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_over_answer(
        &mut self,
        request: &RequestKey,
        turn: i64,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "UPDATE idempotency SET turn = turn + 1, until = $5 \
                   WHERE caller = $1 AND route = $2 AND key = $3 AND turn = $4 AND status IS NULL";
        self.touch_answer(sql, request, binds![turn, until]).await
    }

    /// Holds a request for longer, or until the epoch: for no longer. `false` when another turn has begun.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn hold_answer(
        &mut self,
        request: &RequestKey,
        turn: i64,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "UPDATE idempotency SET until = $5 \
                   WHERE caller = $1 AND route = $2 AND key = $3 AND turn = $4 AND status IS NULL";
        self.touch_answer(sql, request, binds![turn, until]).await
    }

    /// Notes in the transaction that does a request's work what it did; `false` when another turn has begun, and the
    /// work must not be committed.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_done(&mut self, request: &RequestKey, turn: i64, done: &Value) -> Result<bool, Error> {
        let sql = "UPDATE idempotency SET done = $5 \
                   WHERE caller = $1 AND route = $2 AND key = $3 AND turn = $4 AND status IS NULL";
        self.touch_answer(sql, request, vec![turn.into(), json_text(done)]).await
    }

    /// Notes in the transaction that does one part of a request what it did; `false` as for [`Tx::note_done`].
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn note_part(
        &mut self,
        request: &RequestKey,
        (turn, part): (i64, i64),
        done: &Value,
    ) -> Result<bool, Error> {
        let lock = self.conn.for_update();
        let sql = format!(
            "SELECT turn FROM idempotency \
             WHERE caller = $1 AND route = $2 AND key = $3 AND turn = $4 AND status IS NULL{lock}"
        );
        let name = || binds![request.caller, &request.route, &request.key];
        let mut values = name();
        values.push(turn.into());
        if self.conn.row(sql, values).await?.is_none() {
            return Ok(false);
        }
        let sql = "INSERT INTO request_parts (caller, route, key, part, result) VALUES ($1,$2,$3,$4,$5)";
        let mut values = name();
        values.extend([part.into(), json_text(done)]);
        self.conn.run(sql, values).await?;
        Ok(true)
    }

    /// Keeps the answer of a request; nothing happens where another turn has begun.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn keep_answer(
        &mut self,
        request: &RequestKey,
        turn: i64,
        (status, response): (i64, &Value),
    ) -> Result<(), Error> {
        let sql = "UPDATE idempotency SET status = $5, response = $6, done = NULL \
                   WHERE caller = $1 AND route = $2 AND key = $3 AND turn = $4";
        let values = vec![turn.into(), status.into(), json_text(response)];
        if self.touch_answer(sql, request, values).await? {
            let sql = "DELETE FROM request_parts WHERE caller = $1 AND route = $2 AND key = $3";
            self.conn.run(sql, binds![request.caller, &request.route, &request.key]).await?;
        }
        Ok(())
    }

    /// Frees every request that is held, where the database belongs to one process alone and that has just begun.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn free_answers(&mut self) -> Result<(), Error> {
        if self.conn.dialect() == Dialect::Sqlite {
            self.conn.run("UPDATE idempotency SET until = 0 WHERE status IS NULL", vec![]).await?;
        }
        Ok(())
    }

    /// Forgets requests that came before an instant, answered or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_old_answers(&mut self, before: Timestamp) -> Result<u64, Error> {
        let parts = "DELETE FROM request_parts WHERE EXISTS (SELECT 1 FROM idempotency i WHERE i.at < $1 \
                     AND i.caller = request_parts.caller AND i.route = request_parts.route \
                     AND i.key = request_parts.key)";
        self.conn.run(parts, binds![before]).await?;
        self.conn.run("DELETE FROM idempotency WHERE at < $1", binds![before]).await
    }

    async fn touch_answer(
        &mut self,
        sql: &str,
        request: &RequestKey,
        more: Vec<crate::bind::Bind>,
    ) -> Result<bool, Error> {
        let mut values = binds![request.caller, &request.route, &request.key];
        values.extend(more);
        Ok(self.conn.run(sql, values).await? == 1)
    }
}
