//! Facts about records, written with the record, waiting to be matched to triggers; and the records whose
//! derived values wait to be computed.

use std::collections::BTreeSet;

use kezhi_types::{Event, Id, Timestamp};

use crate::bind::{Row, binds, json_text, name_of, pieces};
use crate::conn::Conn;
use crate::error::Error;
use crate::history::places;
use crate::tx::{Tx, padded, reads};

/// A derived value that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Entity of the record.
    pub entity: String,
    /// The record.
    pub record: Id,
    /// The derived field, or `*` for all of them.
    pub field: String,
    /// Since when.
    pub since: Timestamp,
    /// The depth of the change that made it stale; the greatest, where several did.
    pub depth: u32,
    /// How often it could not be computed.
    pub tries: u32,
}

const STALE: &str = "entity, record, field, since, depth, tries";
const COLUMNS: usize = 13;
const EVENT: &str =
    "id, kind, at, entity, record, changed, before, after, person, entrance, release, depth, workflows";

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        id: row.id(0)?,
        kind: row.name(1)?,
        at: row.at(2)?,
        entity: row.text(3)?,
        record: row.id(4)?,
        changed: row.json(5)?,
        before: row.json(6)?,
        after: row.json(7)?,
        by: row.id(8)?,
        entrance: row.name(9)?,
        release: row.int(10)?,
        depth: u32::try_from(row.int(11)?).unwrap_or(u32::MAX),
        workflows: row.bool(12)?,
    })
}

fn stale(row: &Row) -> Result<Stale, Error> {
    Ok(Stale {
        entity: row.text(0)?,
        record: row.id(1)?,
        field: row.text(2)?,
        since: row.at(3)?,
        depth: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
        tries: u32::try_from(row.int(5)?).unwrap_or(u32::MAX),
    })
}

async fn count_new_events(conn: &mut Conn) -> Result<i64, Error> {
    let row = conn.row("SELECT COUNT(*) FROM events WHERE state = 'new'", vec![]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

async fn new_event_ids(conn: &mut Conn, limit: u32) -> Result<Vec<Id>, Error> {
    let sql = "SELECT id FROM events WHERE state = 'new' ORDER BY id LIMIT $1";
    conn.rows(sql, binds![limit]).await?.iter().map(|row| row.id(0)).collect()
}

async fn postponed_events(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<Id>, Error> {
    let sql = "SELECT id FROM events WHERE state = 'postponed' AND next_at <= $1 ORDER BY next_at LIMIT $2";
    conn.rows(sql, binds![now, limit]).await?.iter().map(|row| row.id(0)).collect()
}

async fn event_tries(conn: &mut Conn, id: Id) -> Result<u32, Error> {
    let row = conn.row("SELECT tries FROM events WHERE id = $1", binds![id]).await?;
    row.map_or(Ok(0), |row| Ok(u32::try_from(row.int(0)?).unwrap_or(u32::MAX)))
}

async fn stale_due(conn: &mut Conn, now: Timestamp, limit: u32) -> Result<Vec<Stale>, Error> {
    let sql = format!("SELECT {STALE} FROM stale WHERE next_at <= $1 ORDER BY since, record LIMIT $2");
    conn.rows(sql, binds![now, limit]).await?.iter().map(stale).collect()
}

async fn event_by_id(conn: &mut Conn, id: Id) -> Result<Option<Event>, Error> {
    conn.row(format!("SELECT {EVENT} FROM events WHERE id = $1"), binds![id])
        .await?
        .as_ref()
        .map(event)
        .transpose()
}

reads! {
    /// How many events wait to be matched.
    fn count_new_events() -> i64 = count_new_events;
    /// The oldest events that wait to be matched.
    fn new_event_ids(limit: u32) -> Vec<Id> = new_event_ids;
    /// Events that could not be matched and are to be tried again by now.
    fn postponed_events(now: Timestamp, limit: u32) -> Vec<Id> = postponed_events;
    /// How often an event could not be matched.
    fn event_tries(id: Id) -> u32 = event_tries;
    /// The oldest derived values that wait to be computed and may be tried by now.
    fn stale_due(now: Timestamp, limit: u32) -> Vec<Stale> = stale_due;
    /// One event, matched or not.
    fn event(id: Id) -> Option<Event> = event_by_id;
}

impl Tx {
    /// Appends an event. It waits to be matched, unless workflows shall not hear of it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn append_event(&mut self, event: &Event) -> Result<(), Error> {
        self.append_events(std::slice::from_ref(event)).await
    }

    /// Appends many events in as few statements as possible.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn append_events(&mut self, events: &[Event]) -> Result<(), Error> {
        let insert = self.conn.dialect().insert();
        for events in pieces(events) {
            let mut values = Vec::with_capacity(events.len() * (COLUMNS + 1));
            for event in events {
                values.extend([
                    event.id.into(),
                    name_of(&event.kind),
                    event.at.into(),
                    (&event.entity).into(),
                ]);
                values.extend([event.record.into(), json_text(&event.changed)]);
                values.extend([json_text(&event.before), json_text(&event.after), event.by.into()]);
                values.extend([name_of(&event.entrance), event.release.into(), event.depth.into()]);
                values.extend(binds![event.workflows, if event.workflows { "new" } else { "matched" }]);
            }
            let places = places(events.len(), COLUMNS + 1);
            let sql = format!("{insert} INTO events ({EVENT}, state) VALUES {places}");
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// The oldest events that wait to be matched. On PostgreSQL they are locked, and those that another
    /// node works on are passed over.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn new_events(&mut self, limit: u32) -> Result<Vec<Event>, Error> {
        let lock = self.conn.skip_locked();
        let sql = format!("SELECT {EVENT} FROM events WHERE state = 'new' ORDER BY id LIMIT $1{lock}");
        self.conn.rows(sql, binds![limit]).await?.iter().map(event).collect()
    }

    /// One event that waits to be matched, for the first time or again; `None` when it does not, or another node works
    /// on it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn waiting_event(&mut self, id: Id) -> Result<Option<Event>, Error> {
        let lock = self.conn.skip_locked();
        let sql = format!("SELECT {EVENT} FROM events WHERE id = $1 AND state IN ('new', 'postponed'){lock}");
        self.conn.row(sql, binds![id]).await?.as_ref().map(event).transpose()
    }

    /// Lets an event wait until an instant, after it could not be matched; `None` gives it up. Counts the failure.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn postpone_event(&mut self, id: Id, until: Option<Timestamp>) -> Result<(), Error> {
        let state = if until.is_some() { "postponed" } else { "failed" };
        let sql = "UPDATE events SET state = $2, next_at = $3, tries = tries + 1 \
                   WHERE id = $1 AND state IN ('new', 'postponed')";
        self.conn.run(sql, binds![id, state, until.unwrap_or(Timestamp(0))]).await.map(drop)
    }

    /// Lets an event that could not be matched be tried at once, as if for the first time; `false` when there is none.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn retry_event(&mut self, id: Id) -> Result<bool, Error> {
        let sql = "UPDATE events SET state = 'postponed', next_at = 0, tries = 0 \
                   WHERE id = $1 AND state IN ('postponed', 'failed')";
        Ok(self.conn.run(sql, binds![id]).await? == 1)
    }

    /// Notes that an event has been matched; the runs it starts belong into the same transaction.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn mark_event_matched(&mut self, id: Id) -> Result<(), Error> {
        self.mark_events_matched(&[id]).await
    }

    /// Notes that events have been matched.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn mark_events_matched(&mut self, ids: &[Id]) -> Result<(), Error> {
        for ids in ids.chunks(256) {
            let ids = padded(ids);
            let list = (1..=ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
            let sql = format!("UPDATE events SET state = 'matched' WHERE id IN ({list})");
            self.conn.run(sql, ids.into_iter().map(Into::into).collect()).await?;
        }
        Ok(())
    }

    /// Notes that derived values wait. What is noted already stays, with the greater depth.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn mark_stale(&mut self, rows: &[Stale]) -> Result<(), Error> {
        for rows in rows.chunks(128) {
            let mut names = BTreeSet::new();
            let rows: Vec<&Stale> =
                rows.iter().filter(|row| names.insert((&row.entity, row.record, &row.field))).collect();
            let mut values = Vec::with_capacity(rows.len() * 5);
            for row in &rows {
                values.extend(binds![&row.entity, row.record, &row.field, row.since, row.depth]);
            }
            let sql = format!(
                "INSERT INTO stale (entity, record, field, since, depth) VALUES {} ON CONFLICT (entity, record, field) \
                 DO UPDATE SET depth = CASE WHEN excluded.depth > stale.depth THEN excluded.depth ELSE stale.depth END",
                places(rows.len(), 5)
            );
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Notes that every living record of an entity waits to be derived, after what derives it has changed. What
    /// failed before may be tried at once.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn mark_entity_stale(&mut self, entity: &str, since: Timestamp) -> Result<(), Error> {
        let catalog = self.conn.catalog();
        let Ok(known) = catalog.entity(entity) else { return Ok(()) };
        let table = &known.table;
        let sql = format!(
            "INSERT INTO stale (entity, record, field, since, depth) \
             SELECT $1, id, '*', $2, 1 FROM \"{table}\" WHERE deleted_at IS NULL \
             ON CONFLICT (entity, record, field) DO UPDATE SET next_at = 0, tries = 0"
        );
        self.conn.run(sql, binds![entity, since]).await?;
        Ok(())
    }

    /// Takes the oldest derived values that wait and may be tried by now; they are gone when this transaction commits.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_stale(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Stale>, Error> {
        let lock = self.conn.skip_locked();
        let sql =
            format!("SELECT {STALE} FROM stale WHERE next_at <= $1 ORDER BY since, record LIMIT $2{lock}");
        let rows: Vec<Stale> =
            self.conn.rows(sql, binds![now, limit]).await?.iter().map(stale).collect::<Result<_, _>>()?;
        for row in &rows {
            self.take_stale_one(row).await?;
        }
        Ok(rows)
    }

    /// Takes one derived value that waits; `false` when somebody else took it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn take_stale_one(&mut self, row: &Stale) -> Result<bool, Error> {
        let sql = "DELETE FROM stale WHERE entity = $1 AND record = $2 AND field = $3";
        Ok(self.conn.run(sql, binds![&row.entity, row.record, &row.field]).await? == 1)
    }

    /// Lets a derived value wait until an instant, after it could not be computed; counts the failure.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn postpone_stale(&mut self, row: &Stale, until: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE stale SET next_at = $4, tries = tries + 1 \
                   WHERE entity = $1 AND record = $2 AND field = $3";
        self.conn.run(sql, binds![&row.entity, row.record, &row.field, until]).await.map(drop)
    }
}
