//! Tables and promoted columns of entities: made when first wanted, filled in batches, indexed, used when ready.
//!
//! `prepare` says what is wanted and adds it in one transaction, after which every write fills it; `fill` walks
//! the older records; `finish` makes the indexes and lets questions use what is now whole.

use kezhi_types::Id;
use kezhi_types::query::Layout;

use crate::bind::{Bind, Dialect, binds, json_text};
use crate::catalog::{EntityTable, Linked, Promoted};
use crate::conn::{Conn, Kind};
use crate::ddl::{self, Beside};
use crate::error::Error;
use crate::links;
use crate::prepare::{Unwanted, prepare};
use crate::rows::{self, named, promoted_names, promoted_values, words_key};
use crate::store::{Store, Writing};
use crate::tx::Tx;
use crate::words;

/// Records filled in one transaction.
const BATCH: i64 = 500;

/// How far the filling of promoted columns is, told after every batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The entity whose table is being filled.
    pub entity: String,
    /// Records done.
    pub done: i64,
    /// Records in all.
    pub total: i64,
}

/// Who wants to know how far the filling is.
pub type Tell<'a> = &'a mut (dyn FnMut(Progress) + Send);

impl Store {
    /// Makes the tables of these entities, adds and fills their promoted columns and makes their indexes. What the live
    /// release stands on stays: see [`Store::tidy_layout`]. May be called again at any time, also after it was cut short:
    /// it goes on where it was. Records are written meanwhile; from the first moment they fill the new columns.
    ///
    /// Call it before the release that needs it goes live, never while holding a [`Tx`]; `&mut |_| ()` where
    /// nobody wants to know.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when a field is to become unique and two records share a value; the rest is done.
    pub async fn ensure_layout(&self, layouts: &[Layout], tell: Tell<'_>) -> Result<(), Error> {
        let mut failed = None;
        for layout in layouts {
            let table = self.prepare(layout, Unwanted::Keep).await?;
            let filled = table.columns.iter().any(|column| !column.ready)
                || table.links.iter().any(|linked| !linked.ready);
            if filled || !table.words_ready {
                self.fill(&table, tell).await?;
            }
            if let Err(error) = self.finish(&table, layout, Unwanted::Keep).await {
                failed = Some(error);
            }
            if filled {
                self.gather_statistics(&table).await?;
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Forgets columns, uniqueness and indexes that these layouts, whole by [`Store::ensure_layout`], no longer want. Call it
    /// once the release is live that no longer needs them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn tidy_layout(&self, layouts: &[Layout]) -> Result<(), Error> {
        for layout in layouts {
            if !has_unwanted(&mut self.reader().connect().await?, layout).await? {
                continue;
            }
            let table = self.prepare(layout, Unwanted::Forget).await?;
            self.finish(&table, layout, Unwanted::Forget).await?;
        }
        Ok(())
    }

    /// Lets PostgreSQL know what new columns hold, so that it uses their indexes from the first question on.
    async fn gather_statistics(&self, table: &EntityTable) -> Result<(), Error> {
        let mut conn = self.reader().connect().await?;
        if conn.dialect() == Dialect::Postgres {
            for name in std::iter::once(&table.table).chain(table.links.iter().map(|linked| &linked.table)) {
                conn.run(format!("ANALYZE \"{name}\""), vec![]).await?;
            }
        }
        Ok(())
    }

    async fn prepare(&self, layout: &Layout, unwanted: Unwanted) -> Result<EntityTable, Error> {
        let mut tx = self.begin_alone().await?;
        let table = prepare(&mut tx.conn, layout, unwanted).await?;
        self.commit_known(tx, table.clone()).await?;
        Ok(table)
    }

    async fn fill(&self, table: &EntityTable, tell: Tell<'_>) -> Result<(), Error> {
        let (mut done, mut total) = (0, 0);
        loop {
            let mut tx = self.begin().await?;
            if done == 0 {
                let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.table);
                total = tx.conn.row(sql, vec![]).await?.map_or(Ok(0), |row| row.int(0))?;
            }
            let filled = fill_batch(&mut tx.conn, table).await?;
            tx.commit().await?;
            if filled == 0 {
                return Ok(());
            }
            done += filled;
            tell(Progress { entity: table.entity.clone(), done, total });
        }
    }

    async fn finish(&self, table: &EntityTable, layout: &Layout, unwanted: Unwanted) -> Result<(), Error> {
        let mut failed = None;
        let mut whole = table.clone();
        // An index made beside running writes cannot be made inside a transaction.
        if matches!(self.writing, Writing::Postgres(_)) {
            failed = self.index(table, layout, unwanted).await.err();
        }
        let mut tx = self.begin_alone().await?;
        if tx.conn.dialect() == Dialect::Sqlite {
            make_indexes(&mut tx.conn, (table, layout), unwanted, Beside::Nobody).await?;
            for column in table.columns.iter().filter(|column| column.unique_name.is_some()) {
                if let Err(error) = tx.conn.run(ddl::unique(table, column, Beside::Nobody), vec![]).await {
                    failed = Some(named(error, table));
                }
            }
        }
        let refused = match &failed {
            Some(Error::NotUnique { field, .. }) => Some(field.clone()),
            _ => None,
        };
        for column in
            whole.columns.iter_mut().filter(|column| Some(&column.promotion.column.field) != refused.as_ref())
        {
            if !column.ready {
                let sql = "UPDATE promotions SET state = 'ready' WHERE entity = $1 AND name = $2";
                tx.conn.run(sql, binds![&table.entity, &column.name]).await?;
            }
            column.ready = true;
        }
        for linked in whole.links.iter_mut().filter(|linked| !linked.ready) {
            let sql = "UPDATE promotions SET state = 'ready' WHERE entity = $1 AND name = $2";
            tx.conn.run(sql, binds![&table.entity, &linked.name]).await?;
            linked.ready = true;
        }
        whole.words_ready = true;
        let sql = "UPDATE entity_tables SET words = $2, cursor = NULL WHERE entity = $1 AND (words <> $2 OR cursor IS NOT NULL)";
        tx.conn.run(sql, binds![&table.entity, words::READY]).await?;
        self.commit_known(tx, whole).await?;
        failed.map_or(Ok(()), Err)
    }

    /// PostgreSQL: every index outside a transaction, beside running writes where there are rows.
    async fn index(&self, table: &EntityTable, layout: &Layout, unwanted: Unwanted) -> Result<(), Error> {
        let mut conn = self.reader().connect().await?;
        let some = conn.row(format!("SELECT id FROM \"{}\" LIMIT 1", table.table), vec![]).await?.is_some();
        let beside = if some { Beside::Writers } else { Beside::Nobody };
        drop_broken(&mut conn, table).await?;
        make_indexes(&mut conn, (table, layout), unwanted, beside).await?;
        let mut failed = None;
        for column in table.columns.iter().filter(|column| column.unique_name.is_some()) {
            if let Err(error) = conn.run(ddl::unique(table, column, beside), vec![]).await {
                failed = Some(named(error, table));
            }
        }
        drop_broken(&mut conn, table).await?;
        failed.map_or(Ok(()), Err)
    }

    /// Commits and makes the table known before anybody else writes.
    async fn commit_known(&self, mut tx: Tx, table: EntityTable) -> Result<(), Error> {
        let known = self.catalog.get().entity(&table.entity).is_ok_and(|known| **known == table);
        if tx.conn.dialect() == Dialect::Postgres && !known {
            tx.conn.run("UPDATE live_release SET layout = layout + 1", vec![]).await?;
        }
        match tx.conn.kind {
            Kind::Turn(turn) => {
                let catalog = self.catalog.clone();
                return turn.commit_alone(move || catalog.put(table)).await;
            }
            Kind::Transaction(tx) => tx.commit().await?,
            Kind::Reader(_) | Kind::PostgresReader(_) => return Ok(()),
        }
        // Under the writers' lock nobody changes tables, so what is read is of one moment.
        let mut tx = self.begin().await?;
        tx.live_release_number().await?;
        tx.rollback().await
    }
}

/// Fills the next records in the order of their ids and says how many they were.
async fn fill_batch(conn: &mut Conn, table: &EntityTable) -> Result<i64, Error> {
    let row = conn.row("SELECT cursor FROM entity_tables WHERE entity = $1", binds![&table.entity]).await?;
    let cursor = row.map_or(Ok(None), |row| row.maybe_id(0))?.unwrap_or(Id(uuid::Uuid::nil()));
    let lock = conn.for_update();
    let sql =
        format!("SELECT id, data, derived FROM \"{}\" WHERE id > $1 ORDER BY id LIMIT $2{lock}", table.table);
    let rows = conn.rows(sql, binds![cursor, BATCH]).await?;
    let mut last = cursor;
    for row in &rows {
        last = row.id(0)?;
        let (data, derived) = (row.document(1)?, row.document(2)?);
        let mut sets: Vec<(String, Bind)> =
            promoted_names(table).zip(promoted_values(table, &data, &derived)).collect();
        if !table.words_ready {
            let words = words::of_record(&data, &derived, &table.searched);
            sets.push(("words_key".into(), words_key(&words).into()));
            match conn.dialect() {
                Dialect::Sqlite => rows::write_words(conn, table, last, &words).await?,
                Dialect::Postgres => sets.push(("words".into(), Bind::Texts(words))),
            }
        }
        rows::set(conn, table, last, sets).await?;
        links::replace(conn, table, last, &data).await?;
    }
    conn.run("UPDATE entity_tables SET cursor = $2 WHERE entity = $1", binds![&table.entity, last]).await?;
    Ok(rows.len() as i64)
}

async fn make_indexes(
    conn: &mut Conn,
    (table, layout): (&EntityTable, &Layout),
    unwanted: Unwanted,
    beside: Beside,
) -> Result<(), Error> {
    let wanted = ddl::indexes(table, layout, conn.dialect());
    for name in index_names(conn, &table.entity).await? {
        if unwanted == Unwanted::Forget && !wanted.iter().any(|(wanted, _)| *wanted == name) {
            conn.run(format!("DROP INDEX IF EXISTS \"{name}\""), vec![]).await?;
            conn.run("DELETE FROM entity_indexes WHERE name = $1", binds![name]).await?;
        }
    }
    for (name, columns) in wanted {
        conn.run(ddl::index(table, (&name, &columns), beside), vec![]).await?;
        let sql = "INSERT INTO entity_indexes (name, entity, columns) VALUES ($1,$2,$3) ON CONFLICT (name) DO NOTHING";
        conn.run(sql, vec![name.into(), (&table.entity).into(), json_text(&columns)]).await?;
    }
    Ok(())
}

async fn index_names(conn: &mut Conn, entity: &str) -> Result<Vec<String>, Error> {
    let rows = conn.rows("SELECT name FROM entity_indexes WHERE entity = $1", binds![entity]).await?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// PostgreSQL: drops what is left of indexes whose making was cut short or refused; not those that are being made.
async fn drop_broken(conn: &mut Conn, table: &EntityTable) -> Result<(), Error> {
    let sql = "SELECT index.relname::text FROM pg_index known \
               JOIN pg_class index ON index.oid = known.indexrelid JOIN pg_class base ON base.oid = known.indrelid \
               WHERE NOT known.indisvalid AND base.relname = $1 AND base.relnamespace = current_schema()::regnamespace \
               AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index making WHERE making.index_relid = known.indexrelid)";
    for row in conn.rows(sql, binds![&table.table]).await? {
        conn.run(format!("DROP INDEX IF EXISTS \"{}\"", row.text(0)?), vec![]).await?;
    }
    Ok(())
}

/// Whether the database still has of the entity what its layout no longer wants.
async fn has_unwanted(conn: &mut Conn, layout: &Layout) -> Result<bool, Error> {
    let catalog = conn.catalog();
    let Ok(table) = catalog.entity(&layout.entity) else { return Ok(false) };
    let wanted = |column: &Promoted| {
        let mut promoted = layout.promoted.iter();
        promoted.any(|wanted| {
            wanted.column == column.promotion.column && wanted.unique == column.promotion.unique
        })
    };
    let wants = |linked: &Linked| layout.promoted.contains(&linked.promotion);
    if !table.columns.iter().all(wanted) || !table.links.iter().all(wants) {
        return Ok(true);
    }
    if layout.searched.is_empty() && !table.searched.is_empty() {
        return Ok(true);
    }
    let indexes = ddl::indexes(table, layout, conn.dialect());
    let known = index_names(conn, &layout.entity).await?;
    Ok(known.iter().any(|name| !indexes.iter().any(|(wanted, _)| wanted == name)))
}
