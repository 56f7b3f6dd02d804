//! Evolution: a table is made anew beside the one that people work with, each record turned into what the next release
//! wants of it, and takes the old one's place in the transaction that makes the release live.
//!
//! `begin_evolution` makes the new table, and triggers on the old one that note whoever is written; `evolve_some` copies in
//! batches with a checkpoint, `index_evolution` makes the indexes, `catch_up` copies again what was written meanwhile, and
//! `finish_evolution` does the rest of that where nobody writes and changes the names by which the table is known. Nobody
//! asks the new table before, nobody the old one afterwards, and whoever writes knows of neither.

/// Copying and turning records.
mod copy;
/// The values that were turned, as they were.
mod kept;
/// What is left over: tables that nobody asks any more, and evolutions that came to nothing.
mod leftover;
/// The new table, the log and its triggers.
mod shadow;

use std::collections::BTreeSet;

use kezhi_types::query::Layout;
use kezhi_types::{Fields, Id, Record, Timestamp};
use serde_json::Value;

use crate::bind::{Dialect, binds, json_text};
use crate::catalog::{EntityTable, Promoted};
use crate::conn::Kind;
use crate::ddl::{self, Beside};
use crate::error::Error;
use crate::keys;
use crate::links;
use crate::prepare::save_promotion;
use crate::promote::Storage;
use crate::rows::named;
use crate::store::Store;
use crate::tx::Tx;
use crate::words;

pub use kept::{Evolved, Kept};
use shadow::Shadow;

/// What an entity is to become.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Its layout in the next release.
    pub layout: &'a Layout,
    /// Fields whose values are not what they are now.
    pub touched: &'a BTreeSet<String>,
    /// What is done, for whoever restores a release later; kept as it is.
    pub steps: &'a Value,
    /// The evolutions whose kept values are handed over with each record.
    pub back: &'a [i64],
}

/// A record as the next release wants it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Turned {
    /// The authored document.
    pub data: Fields,
    /// The derived document, as far as it stays.
    pub derived: Fields,
    /// The values that are not what they were, by the keys of the old release.
    pub was: Fields,
    /// What became of them, by the keys of the next; null where nothing did.
    pub became: Fields,
}

/// Turns a record; `None` where it stays as it is. The values that earlier evolutions kept of it come newest first.
pub type Turn<'a> = &'a (dyn Fn(&Record, &[Kept]) -> Option<Turned> + Send + Sync);

/// An evolution under way.
#[derive(Debug, Clone)]
pub struct Evolving {
    shadow: Shadow,
    layout: Layout,
    back: Vec<i64>,
    copied: i64,
}

impl Evolving {
    /// The entity.
    pub fn entity(&self) -> &str {
        &self.shadow.table.entity
    }

    /// Records that had been copied when it was taken up.
    pub fn copied(&self) -> i64 {
        self.copied
    }
}

impl Store {
    /// Reads how the tables are now, for a release that is about to be asked under, or is.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn know_tables(&self) -> Result<(), Error> {
        let mut conn = self.reader().patient().connect().await?;
        // On SQLite nobody else changes them.
        if conn.dialect() == Dialect::Postgres {
            self.catalog.load(&mut conn).await?;
        }
        Ok(())
    }

    /// Whether a column of the layout is kept otherwise than the table has it, as far as this process knows the tables: then
    /// the table is made anew, so that the live release keeps its own until the next one is live.
    pub fn makes_anew(&self, layout: &Layout) -> bool {
        let catalog = self.catalog.get();
        let Ok(table) = catalog.entity(&layout.entity) else { return false };
        layout.promoted.iter().any(|promotion| {
            let Some(storage) = Storage::of(&promotion.column.shape) else { return false };
            let wanted = Promoted::new(promotion, storage);
            let mut known = table.columns.iter().filter(|known| known.ready && known.name == wanted.name);
            known.any(|known| known.code() != wanted.code())
        })
    }

    /// Begins an evolution for a job, or takes the one up that the job has begun.
    ///
    /// # Errors
    /// [`Error::UnknownEntity`] where the entity has no table.
    pub async fn begin_evolution(&self, job: Id, asked: Asked<'_>, at: Timestamp) -> Result<Evolving, Error> {
        let mut tx = self.begin_alone().await?;
        let conn = &mut tx.conn;
        let old = (**conn.catalog().entity(&asked.layout.entity)?).clone();
        let sql =
            "SELECT generation, done FROM evolutions WHERE entity = $1 AND job = $2 AND state = 'filling'";
        let known = conn.row(sql, binds![&old.entity, job]).await?;
        let (generation, copied) = match &known {
            Some(row) => (row.int(0)?, row.int(1)?),
            None => (next_generation(conn, &old).await?, 0),
        };
        let shadow = Shadow::new(&old, asked.layout, asked.touched, generation)?;
        if known.is_none() {
            shadow.create(conn).await?;
            let sql = "INSERT INTO evolutions (entity, generation, job, state, at, done, steps) VALUES ($1,$2,$3,'filling',$4,0,$5)";
            let mut values = binds![&old.entity, generation, job, at];
            values.push(json_text(asked.steps));
            conn.run(sql, values).await?;
        }
        tx.commit().await?;
        Ok(Evolving { shadow, layout: asked.layout.clone(), back: asked.back.to_vec(), copied })
    }

    /// Copies the next records in the order of their ids, and says how many they were; none when all have been.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn evolve_some(&self, evolving: &Evolving, turn: Turn<'_>) -> Result<i64, Error> {
        let mut tx = self.begin().await?;
        let copied = copy::next(&mut tx.conn, evolving, turn).await?;
        tx.commit().await?;
        Ok(copied)
    }

    /// Copies again some of the records that have been written since they were copied; says how many writes are settled.
    ///
    /// # Errors
    /// [`Error::NotUnique`] where records have passed a value to one another: then [`Tx::finish_evolution`] settles it.
    pub async fn catch_up(&self, evolving: &Evolving, turn: Turn<'_>) -> Result<usize, Error> {
        let mut tx = self.begin().await?;
        let settled = copy::written(&mut tx.conn, evolving, turn).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Makes the indexes of the new table; those that are there stay.
    ///
    /// # Errors
    /// [`Error::NotUnique`] when a field is to be unique and two records share a value; see [`Store::evolving_doubles`].
    pub async fn index_evolution(&self, evolving: &Evolving) -> Result<(), Error> {
        let table = &evolving.shadow.table;
        let dialect = self.reader().patient().connect().await?.dialect();
        let mut statements: Vec<String> = ddl::indexes(table, &evolving.layout, dialect)
            .iter()
            .map(|(name, columns)| ddl::index(table, (name, columns), Beside::Nobody))
            .collect();
        let unique = table.columns.iter().filter(|column| column.unique_name.is_some());
        statements.extend(unique.map(|column| ddl::unique(table, column, Beside::Nobody)));
        let postgres = dialect == Dialect::Postgres;
        if postgres {
            if !table.searched.is_empty() {
                let (name, of) = (ddl::words_index(table), &table.table);
                statements
                    .push(format!("CREATE INDEX IF NOT EXISTS \"{name}\" ON \"{of}\" USING GIN (words)"));
            }
            statements.push(format!("ANALYZE \"{}\"", table.table));
        }
        for statement in statements {
            // One by one, so that nobody waits for more than one of them.
            let mut tx = self.begin().await?;
            tx.conn.run(statement, vec![]).await.map_err(|error| named(error, table))?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Records of the new table that share a value of a field which is to be unique.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn evolving_doubles(&self, evolving: &Evolving, field: &str) -> Result<crate::Doubles, Error> {
        crate::doubles::doubles_in(
            &mut self.reader().patient().connect().await?,
            &evolving.shadow.table,
            field,
        )
        .await
    }

    /// Commits the transaction that made a release live, with the tables that [`Tx::finish_evolution`] answered. On SQLite
    /// `then` runs before anybody else writes, elsewhere right behind.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit_release(
        &self,
        mut tx: Tx,
        finished: Vec<Finished>,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), Error> {
        let tables: Vec<EntityTable> = finished.into_iter().map(|finished| finished.0).collect();
        if tx.conn.dialect() == Dialect::Postgres && !tables.is_empty() {
            tx.conn.run("UPDATE live_release SET layout = layout + 1", vec![]).await?;
        }
        let catalog = self.catalog.clone();
        match tx.conn.kind {
            Kind::Turn(turn) => {
                let put = move || {
                    catalog.put(tables);
                    then();
                };
                turn.commit_alone(put).await
            }
            Kind::Transaction(tx) => {
                tx.commit().await?;
                catalog.put(tables);
                then();
                self.know_tables().await
            }
            Kind::Reader(_) | Kind::PostgresReader(_) => Ok(()),
        }
    }
}

/// The table of an entity as it is once the transaction has been committed.
#[derive(Debug)]
pub struct Finished(EntityTable);

impl Tx {
    /// Settles what was written since, and puts the new table into the place of the old one. Only in a transaction of
    /// [`Store::begin_alone`] that ends with [`Store::commit_release`].
    ///
    /// # Errors
    /// [`Error::NotUnique`] where a write has taken a value that is to be unique.
    pub async fn finish_evolution(
        &mut self,
        evolving: &Evolving,
        turn: Turn<'_>,
        (release, at): (i64, Timestamp),
    ) -> Result<Finished, Error> {
        let conn = &mut self.conn;
        copy::rest(conn, evolving, turn).await?;
        let Shadow { table, old, .. } = &evolving.shadow;
        let entity = &table.entity;
        let sql = "UPDATE entity_tables SET table_name = $2, generation = $3, words_generation = $4, searched = $5, words = $6, \
                   cursor = NULL WHERE entity = $1";
        let mut values = binds![entity, &table.table, table.generation, table.words_generation];
        values.extend([json_text(&table.searched), words::READY.into()]);
        conn.run(sql, values).await?;
        evolving.shadow.retire(conn, at).await?;
        conn.run("DELETE FROM promotions WHERE entity = $1", binds![entity]).await?;
        for column in &table.columns {
            let definition = serde_json::to_string(&column.promotion).unwrap_or_default();
            save_promotion(conn, table, column, &definition).await?;
        }
        for linked in &table.links {
            links::save(conn, table, linked, "ready").await?;
        }
        keys::take_over(conn, old, table).await?;
        conn.run("DELETE FROM entity_indexes WHERE entity = $1", binds![entity]).await?;
        for (name, columns) in ddl::indexes(table, &evolving.layout, conn.dialect()) {
            let sql = "INSERT INTO entity_indexes (name, entity, columns) VALUES ($1,$2,$3)";
            conn.run(sql, vec![name.into(), entity.into(), json_text(&columns)]).await?;
        }
        let sql = "UPDATE evolutions SET state = 'live', release = $3, at = $4 WHERE entity = $1 AND generation = $2";
        conn.run(sql, binds![entity, table.generation, release, at]).await?;
        debug_assert_ne!(old.table, table.table, "a new table has a name of its own");
        Ok(Finished(table.clone()))
    }
}

/// A number that no table of the entity has had and no evolution of it has.
async fn next_generation(conn: &mut crate::conn::Conn, old: &EntityTable) -> Result<i64, Error> {
    let sql = "SELECT COALESCE(MAX(generation), 0) FROM evolutions WHERE entity = $1";
    let known = conn.row(sql, binds![&old.entity]).await?.map_or(Ok(0), |row| row.int(0))?;
    Ok(known.max(old.generation) + 1)
}
