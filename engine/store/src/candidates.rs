//! Records that may be the same as another, found by their keys. A bounded number: of a key that very many records have
//! the newest are looked at, and of records that may be alike those that share most.

use std::collections::{BTreeSet, HashMap};

use kezhi_types::Id;
use kezhi_types::query::{Comparison, Matching};

use crate::bind::{Bind, Dialect, binds};
use crate::catalog::{EntityTable, Matched};
use crate::conn::Conn;
use crate::error::Error;
use crate::matching::{enough, shared};
use crate::sql::Sql;
use crate::tx::{Tx, reads};

/// What was found, as the statement calls it.
const FOUND: &str = "c";
/// Records looked at of one key, the newest.
pub const OF_ONE: i64 = 2_000;
/// Records of one key that are counted to find out which keys are rare.
const COUNTED: i64 = 500;
/// Records found of one key when many keys are asked at once, the newest.
pub const OF_EACH: i64 = 50;
/// Candidates of one record.
const MOST: usize = 200;
/// Keys of one record of which another must have one; a record with many long values has more.
const KEYS: usize = 400;
/// Keys in one statement.
const AT_ONCE: usize = 128;
/// Keys of one sort that a transaction holds one by one: PostgreSQL has room for some thousands of locks, of all together.
const HELD: usize = 1_000;

/// One thing that must agree: the keys of each value of the record, and how alike similar texts must be.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What is compared.
    pub matching: Matching,
    /// Of each value its keys.
    pub values: Vec<BTreeSet<i64>>,
    /// From 0 to 1; 1 for all but similar texts.
    pub at_least: f64,
}

impl Probe {
    /// Whether values are more or less alike, rather than the same or not.
    fn is_graded(&self) -> bool {
        self.matching.by == Comparison::Similar
    }

    fn all(&self) -> BTreeSet<i64> {
        self.values.iter().flatten().copied().collect()
    }

    /// How many of all keys a record has in common with it at least.
    fn shared(&self) -> usize {
        let of_one =
            |keys: &BTreeSet<i64>| if self.is_graded() { shared(keys.len(), self.at_least) } else { 1 };
        self.values.iter().map(of_one).min().unwrap_or(1)
    }

    /// The keys of which a record must have one: the rarest that are enough.
    fn asked(&self, counts: &HashMap<i64, i64>) -> BTreeSet<i64> {
        let mut asked = BTreeSet::new();
        for keys in &self.values {
            let mut rarest: Vec<i64> = keys.iter().copied().collect();
            rarest.sort_by_key(|key| counts.get(key).copied().unwrap_or(0));
            let some = if self.is_graded() { enough(rarest.len(), self.at_least) } else { rarest.len() };
            asked.extend(rarest.into_iter().take(some));
        }
        asked.into_iter().take(KEYS).collect()
    }
}

fn known<'a>(table: &'a EntityTable, matching: &Matching) -> Result<&'a Matched, Error> {
    let unknown = || Error::Unsupported(format!("keys of `{}` that are not ready", matching.column.field));
    table.matches(matching).ok_or_else(unknown)
}

/// How many records have each of these keys; counting ends where it is known to be very many.
async fn counts(
    conn: &mut Conn,
    table: &EntityTable,
    part: i64,
    keys: &BTreeSet<i64>,
) -> Result<HashMap<i64, i64>, Error> {
    let keys: Vec<i64> = keys.iter().copied().collect();
    let mut found = HashMap::new();
    for some in keys.chunks(AT_ONCE) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        let part = sql.bind(part);
        let listed = listed(&mut sql, some);
        let text = format!(
            "WITH asked (key) AS (VALUES {listed}) SELECT a.key, (SELECT COUNT(*) FROM \
             (SELECT 1 FROM \"{}\" m WHERE m.part = {part} AND m.key = a.key LIMIT {COUNTED}) counted) FROM asked a",
            table.keys
        );
        for row in conn.rows(text, sql.binds).await? {
            found.insert(row.int(0)?, row.int(1)?);
        }
    }
    Ok(found)
}

/// `($1), ($2)`, padded so that few statements need preparing.
fn listed(sql: &mut Sql, keys: &[i64]) -> String {
    let all = sql.bind_all(keys.iter().map(|key| Bind::from(*key)).collect());
    all.split(", ").map(|place| format!("({place})")).collect::<Vec<_>>().join(", ")
}

async fn candidates(
    conn: &mut Conn,
    entity: &str,
    probes: &[Probe],
    except: Option<Id>,
) -> Result<Vec<Id>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let mut parts = Vec::with_capacity(probes.len());
    for probe in probes {
        let part = known(table, &probe.matching)?.part;
        let all = probe.all();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        // One that stands alone and wants all of its keys is not counted.
        let counted = probes.len() > 1 || probe.is_graded();
        let counts = if counted { counts(conn, table, part, &all).await? } else { HashMap::new() };
        let asked = probe.asked(&counts);
        let total: i64 = asked.iter().map(|key| counts.get(key).copied().unwrap_or(0)).sum();
        parts.push(Asked { total, part, asked, shared: probe.shared(), all });
    }
    parts.sort_by_key(|one| one.total);
    let Some(first) = parts.first() else { return Ok(Vec::new()) };
    let mut sql = Sql::new(conn.dialect(), conn.catalog());
    let part = sql.bind(first.part);
    let of_key = |key: &i64| {
        let key = sql.bind(*key);
        format!(
            "SELECT record FROM (SELECT record FROM \"{}\" WHERE part = {part} AND key = {key} \
             ORDER BY record DESC LIMIT {OF_ONE}) k",
            table.keys
        )
    };
    let found = first.asked.iter().map(of_key).collect::<Vec<_>>().join(" UNION ALL ");
    let mut also = Vec::new();
    let mut order = format!("{FOUND}.record");
    for (at, one) in parts.iter().enumerate() {
        if at == 0 && one.shared < 2 {
            continue;
        }
        let (part, keys) =
            (sql.bind(one.part), sql.bind_all(one.all.iter().map(|key| Bind::from(*key)).collect()));
        let common = format!(
            "(SELECT COUNT(*) FROM \"{}\" o WHERE o.record = c.record AND o.part = {part} AND o.key IN ({keys}))",
            table.keys
        );
        also.push(format!(" AND {common} >= {}", one.shared));
        if one.shared > 1 {
            order = common;
        }
    }
    let except = sql.bind(except.unwrap_or(Id(uuid::Uuid::nil())));
    let text = format!(
        "SELECT c.record FROM (SELECT DISTINCT record FROM ({found}) f) c \
         JOIN \"{}\" t ON t.id = c.record WHERE t.deleted_at IS NULL AND c.record <> {except}{} \
         ORDER BY {order} DESC, c.record DESC LIMIT {MOST}",
        table.table,
        also.concat()
    );
    conn.rows(text, sql.binds).await?.iter().map(|row| row.id(0)).collect()
}

/// What is asked of one probe.
struct Asked {
    /// How many records have the keys of which one must be there.
    total: i64,
    part: i64,
    asked: BTreeSet<i64>,
    all: BTreeSet<i64>,
    /// How many of all keys must be there.
    shared: usize,
}

async fn sharing(
    conn: &mut Conn,
    entity: &str,
    matching: &Matching,
    keys: &BTreeSet<i64>,
) -> Result<Vec<(i64, Id)>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let part = known(table, matching)?.part;
    let newest = |key: &str| {
        format!(
            "SELECT m.record FROM \"{}\" m JOIN \"{}\" t ON t.id = m.record AND t.deleted_at IS NULL \
             WHERE m.part = $1 AND m.key = {key} ORDER BY m.record DESC LIMIT {OF_EACH}",
            table.keys, table.table
        )
    };
    let mut found = Vec::new();
    if conn.dialect() == Dialect::Sqlite {
        // In the process a statement costs less than putting many together.
        for key in keys {
            for row in conn.rows(newest("$2"), binds![part, *key]).await? {
                found.push((*key, row.id(0)?));
            }
        }
        return Ok(found);
    }
    let keys: Vec<i64> = keys.iter().copied().collect();
    for some in keys.chunks(AT_ONCE) {
        let mut sql = Sql::new(conn.dialect(), conn.catalog());
        sql.bind(part);
        let listed = listed(&mut sql, some);
        let text = format!(
            "SELECT DISTINCT a.key, c.record FROM (VALUES {listed}) a (key) CROSS JOIN LATERAL ({}) c",
            newest("(a.key)")
        );
        for row in conn.rows(text, sql.binds).await? {
            found.push((row.int(0)?, row.id(1)?));
        }
    }
    Ok(found)
}

async fn crowded(
    conn: &mut Conn,
    entity: &str,
    matching: &Matching,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<(i64, Vec<Id>)>, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let part = known(table, matching)?.part;
    let sql = format!(
        "SELECT m.key, COUNT(*) FROM \"{}\" m JOIN \"{}\" t ON t.id = m.record AND t.deleted_at IS NULL \
         WHERE m.part = $1 AND m.key > $2 GROUP BY m.key HAVING COUNT(*) > 1 ORDER BY m.key LIMIT $3",
        table.keys, table.table
    );
    let mut found = Vec::new();
    for row in conn.rows(sql, binds![part, after.unwrap_or(i64::MIN), limit]).await? {
        let key = row.int(0)?;
        let sql = format!(
            "SELECT m.record FROM \"{}\" m JOIN \"{}\" t ON t.id = m.record AND t.deleted_at IS NULL \
             WHERE m.part = $1 AND m.key = $2 ORDER BY m.record LIMIT {OF_ONE}",
            table.keys, table.table
        );
        let rows = conn.rows(sql, binds![part, key]).await?;
        found.push((key, rows.iter().map(|row| row.id(0)).collect::<Result<_, _>>()?));
    }
    Ok(found)
}

async fn keys_kept(conn: &mut Conn, entity: &str) -> Result<i64, Error> {
    let catalog = conn.catalog();
    let table = catalog.entity(entity)?;
    let sql = "SELECT name FROM promotions WHERE entity = $1 AND storage = 'keys'";
    if conn.row(sql, binds![entity]).await?.is_none() {
        return Ok(0);
    }
    let row = conn.row(format!("SELECT COUNT(*) FROM \"{}\"", table.keys), vec![]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// How many keys are kept of an entity's records.
    fn keys_kept(entity: &str) -> i64 = keys_kept;
    /// Living records that share keys with a record in every probe, those that share most first, then the newest; at
    /// most 200. Whether they are the same is for whoever asks to judge. Empty where a probe has no key.
    fn candidates(entity: &str, probes: &[Probe], except: Option<Id>) -> Vec<Id> = candidates;
    /// Which living records have which of these keys, the newest 50 of each.
    fn sharing(entity: &str, matching: &Matching, keys: &BTreeSet<i64>) -> Vec<(i64, Id)> = sharing;
    /// The next keys that two living records or more have, each with its records, at most 2,000 of each.
    fn crowded(entity: &str, matching: &Matching, after: Option<i64>, limit: u32) -> Vec<(i64, Vec<Id>)> = crowded;
}

impl Tx {
    /// Where several write at the same time: waits for others that are about to store the same keys, so that of two
    /// that are the same the second sees the first. Until this transaction ends. Whoever holds very many waits for
    /// everybody who holds one, and everybody waits for them.
    ///
    /// # Errors
    /// [`Error::Conflict`] when two wait for each other; only when the database fails.
    pub async fn hold_keys(
        &mut self,
        entity: &str,
        matching: &Matching,
        keys: &BTreeSet<i64>,
    ) -> Result<(), Error> {
        if self.conn.dialect() == Dialect::Sqlite || keys.is_empty() {
            return Ok(());
        }
        let salt = crate::matching::key(&format!("{entity}.{matching:?}"));
        let held = self.held.entry(salt).or_default();
        *held += keys.len();
        if *held > HELD {
            let sql = "SELECT pg_advisory_xact_lock($1)::text";
            return self.conn.rows(sql, binds![salt]).await.map(drop);
        }
        let mut locks: Vec<i64> = keys.iter().map(|key| key ^ salt).collect();
        locks.sort_unstable();
        for some in locks.chunks(AT_ONCE) {
            let mut sql = Sql::new(self.conn.dialect(), self.conn.catalog());
            let (all, listed) = (sql.bind(salt), listed(&mut sql, some));
            let text = format!(
                "SELECT COUNT(pg_advisory_xact_lock(l.key)::text), pg_advisory_xact_lock_shared({all})::text \
                 FROM (SELECT key FROM (VALUES {listed}) v (key) ORDER BY key) l"
            );
            self.conn.rows(text, sql.binds).await?;
        }
        Ok(())
    }
}
