//! Tables and promoted columns of entities: made when first wanted, filled in batches, indexed, used when ready.
//!
//! `prepare` says what is wanted and adds it in one transaction, after which every write fills it; `fill` walks
//! the older records; `finish` makes the indexes and lets questions use what is now whole.

use kezhi_types::query::{Layout, Part, Promotion, Shape};

use crate::bind::{Dialect, binds, json_text};
use crate::catalog::{EntityTable, Linked, Promoted};
use crate::conn::{Conn, Kind};
use crate::ddl::{self, Beside};
use crate::error::Error;
use crate::fill::fill_batch;
use crate::keys;
use crate::prepare::{Unwanted, prepare};
use crate::rows::named;
use crate::store::{Store, Writing};
use crate::tx::{Tx, reads};
use crate::words;

/// Records whose index takes a moment to make.
const MANY: i64 = 10_000;
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

/// The columns of an entity on the way to being whole.
#[derive(Debug)]
pub struct Filling {
    table: EntityTable,
    columns: bool,
    words: bool,
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
            let filling = self.begin_layout(layout).await?;
            self.fill(&filling, tell).await?;
            if let Err(error) = self.finish_layout(&filling, layout).await {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// The first step of [`Store::ensure_layout`] for one entity: what is wanted and new is there, and every write fills it.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn begin_layout(&self, layout: &Layout) -> Result<Filling, Error> {
        let table = self.prepare(layout, Unwanted::Keep).await?;
        let columns = table.columns.iter().any(|column| !column.ready)
            || table.links.iter().any(|linked| !linked.ready)
            || table.matched.iter().any(|matched| !matched.ready);
        let words = !table.words_ready;
        Ok(Filling { table, columns, words })
    }

    /// The second, to be repeated: fills some of the older records, from where it stood when it was cut short; says how many
    /// they were, none when all are filled.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn fill_some(&self, filling: &Filling) -> Result<i64, Error> {
        if !filling.columns && !filling.words {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let filled = fill_batch(&mut tx.conn, &filling.table).await?;
        tx.commit().await?;
        Ok(filled)
    }

    /// The third: indexes, and questions may use what is now whole.
    ///
    /// # Errors
    /// As [`Store::ensure_layout`].
    pub async fn finish_layout(&self, filling: &Filling, layout: &Layout) -> Result<(), Error> {
        let finished = self.finish(&filling.table, layout, Unwanted::Keep).await;
        if filling.columns {
            self.gather_statistics(&filling.table).await?;
        }
        finished
    }

    /// Whether records that are there must be filled for a layout, as far as this process knows the tables.
    pub fn must_fill(&self, layout: &Layout) -> bool {
        let catalog = self.catalog.get();
        let Ok(table) = catalog.entity(&layout.entity) else { return false };
        let lacks = |promotion: &Promotion| match promotion.column.shape {
            Shape::Links => !table.links.iter().any(|known| known.ready && known.promotion == *promotion),
            _ if promotion.column.part == Part::System => false,
            _ => table.ready(&promotion.column).is_none(),
        };
        layout.promoted.iter().any(lacks)
            || layout.matched.iter().any(|matching| table.matches(matching).is_none())
            || (table.searched != layout.searched && !layout.searched.is_empty())
            || !table.words_ready
    }

    /// Forgets columns, uniqueness and indexes that these layouts, whole by [`Store::ensure_layout`], no longer want. Call it
    /// once the release is live that no longer needs them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn tidy_layout(&self, layouts: &[Layout]) -> Result<(), Error> {
        for layout in layouts {
            if !has_unwanted(&mut self.reader().patient().connect().await?, layout).await? {
                continue;
            }
            let table = self.prepare(layout, Unwanted::Forget).await?;
            self.finish(&table, layout, Unwanted::Forget).await?;
            self.clear_keys(&table).await?;
        }
        Ok(())
    }

    /// Lets PostgreSQL know what new columns hold, so that it uses their indexes from the first question on.
    async fn gather_statistics(&self, table: &EntityTable) -> Result<(), Error> {
        let mut conn = self.reader().patient().connect().await?;
        if conn.dialect() == Dialect::Postgres {
            let keys = Some(&table.keys).filter(|_| !table.matched.is_empty());
            let links = table.links.iter().map(|linked| &linked.table);
            for name in std::iter::once(&table.table).chain(links).chain(keys) {
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

    async fn fill(&self, filling: &Filling, tell: Tell<'_>) -> Result<(), Error> {
        if !filling.columns && !filling.words {
            return Ok(());
        }
        let entity = &filling.table.entity;
        let mut tx = self.begin().await?;
        let (mut done, total) = (0, all_records(&mut tx.conn, entity).await?);
        tx.commit().await?;
        loop {
            let filled = self.fill_some(filling).await?;
            if filled == 0 {
                return Ok(());
            }
            done += filled;
            tell(Progress { entity: entity.clone(), done, total });
        }
    }

    async fn finish(&self, table: &EntityTable, layout: &Layout, unwanted: Unwanted) -> Result<(), Error> {
        let mut failed = None;
        let mut whole = table.clone();
        // An index made beside running writes cannot be made inside a transaction.
        if matches!(self.writing, Writing::Postgres(_)) {
            failed = self.index(table, layout, unwanted).await.err();
        } else {
            self.index_by_turns(table, layout).await?;
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
        keys::ready(&mut tx.conn, &mut whole).await?;
        whole.words_ready = true;
        let sql = "UPDATE entity_tables SET words = $2, cursor = NULL WHERE entity = $1 AND (words <> $2 OR cursor IS NOT NULL)";
        tx.conn.run(sql, binds![&table.entity, words::READY]).await?;
        self.commit_known(tx, whole).await?;
        failed.map_or(Ok(()), Err)
    }

    /// SQLite: where there are many records one index after the other, so that others write between two.
    async fn index_by_turns(&self, table: &EntityTable, layout: &Layout) -> Result<(), Error> {
        let sql = format!("SELECT id FROM \"{}\" LIMIT 1 OFFSET {MANY}", table.table);
        let mut tx = self.begin().await?;
        let many = tx.conn.row(sql, vec![]).await?.is_some();
        tx.commit().await?;
        if !many {
            return Ok(());
        }
        for wanted in ddl::indexes(table, layout, Dialect::Sqlite) {
            let mut tx = self.begin().await?;
            make_index(&mut tx.conn, table, wanted, Beside::Nobody).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// PostgreSQL: every index outside a transaction, beside running writes where there are rows.
    async fn index(&self, table: &EntityTable, layout: &Layout, unwanted: Unwanted) -> Result<(), Error> {
        let mut conn = self.reader().patient().connect().await?;
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
                return turn.commit_alone(move || catalog.put(vec![table])).await;
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
    for wanted in wanted {
        make_index(conn, table, wanted, beside).await?;
    }
    Ok(())
}

async fn make_index(
    conn: &mut Conn,
    table: &EntityTable,
    (name, columns): (String, Vec<String>),
    beside: Beside,
) -> Result<(), Error> {
    conn.run(ddl::index(table, (&name, &columns), beside), vec![]).await?;
    let sql =
        "INSERT INTO entity_indexes (name, entity, columns) VALUES ($1,$2,$3) ON CONFLICT (name) DO NOTHING";
    conn.run(sql, vec![name.into(), (&table.entity).into(), json_text(&columns)]).await.map(drop)
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
    if keys::has_unwanted(conn, table, layout).await? {
        return Ok(true);
    }
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

async fn all_records(conn: &mut Conn, entity: &str) -> Result<i64, Error> {
    let catalog = conn.catalog();
    let Ok(table) = catalog.entity(entity) else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.table);
    conn.row(sql, vec![]).await?.map_or(Ok(0), |row| row.int(0))
}

reads! {
    /// How many records an entity has, those in the bin included; none where it has no table.
    fn all_records(entity: &str) -> i64 = all_records;
}
