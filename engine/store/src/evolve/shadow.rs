//! The table beside: as the next release wants it, with a log of the records that are written meanwhile. The log is filled
//! by triggers on the old table and only ever grows at its end, so that no writer waits for another.

use std::collections::BTreeSet;

use kezhi_types::query::{Layout, Part, Shape};

use crate::bind::{Dialect, binds};
use crate::catalog::{EntityTable, Linked, Matched, Promoted, short};
use crate::conn::Conn;
use crate::ddl;
use crate::error::Error;
use crate::keys;
use crate::links;
use crate::promote::Storage;
use crate::rows::promoted_names;
use kezhi_types::Timestamp;

/// Parts by which the records of one generation are matched, at most.
const PARTS: i64 = 1_000;

/// The table that an entity has, the one that it will have, and how one is filled from the other.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    pub old: EntityTable,
    pub table: EntityTable,
    /// What of the new table must be computed of each record: the rest is copied as it lies.
    pub fresh: EntityTable,
    /// Whether the words of search are cut anew.
    pub fresh_words: bool,
    /// Columns that are copied as they lie.
    pub same: Vec<String>,
}

impl Shadow {
    pub fn new(
        old: &EntityTable,
        layout: &Layout,
        touched: &BTreeSet<String>,
        generation: i64,
    ) -> Result<Self, Error> {
        let is_touched = |field: &String| touched.contains(field);
        let fresh_words = !old.words_ready
            || old.searched != layout.searched
            || layout.searched.iter().any(|column| is_touched(&column.field));
        let words_generation = if fresh_words { generation } else { old.words_generation };
        let mut table = EntityTable::new(&old.entity, generation, words_generation);
        table.searched.clone_from(&layout.searched);
        let mut fresh = table.clone();
        let mut same = Vec::new();
        let columns = layout.promoted.iter().filter(|promotion| promotion.column.part != Part::System);
        for promotion in columns {
            let field = crate::sql::checked(&promotion.column.field)?.to_owned();
            if promotion.column.shape == Shape::Links {
                let before = old.links.iter().find(|known| known.ready && known.promotion == *promotion);
                match before.filter(|_| !is_touched(&field)) {
                    Some(before) => table.links.push(before.clone()),
                    None => {
                        let linked =
                            Linked { ready: true, ..Linked::new(&old.entity, promotion, generation) };
                        table.links.push(linked.clone());
                        fresh.links.push(linked);
                    }
                }
                continue;
            }
            let Some(storage) = Storage::of(&promotion.column.shape) else { continue };
            let column = Promoted { ready: true, ..Promoted::new(promotion, storage) };
            if table.columns.iter().any(|known| known.name == column.name) {
                continue;
            }
            let alike = |known: &&Promoted| {
                known.ready
                    && known.name == column.name
                    && known.code() == column.code()
                    && known.unique_name == column.unique_name
            };
            if is_touched(&field) || !old.columns.iter().any(|known| alike(&known)) {
                fresh.columns.push(column.clone());
            } else {
                let one = EntityTable { columns: vec![column.clone()], ..fresh.clone() };
                same.extend(promoted_names(&one));
            }
            table.columns.push(column);
        }
        for (at, matching) in layout.matched.iter().enumerate() {
            let before = old.matched.iter().find(|known| known.ready && known.matching == *matching);
            if let Some(before) = before.filter(|_| !is_touched(&matching.column.field)) {
                table.matched.push(before.clone());
                continue;
            }
            // A number that no other part of the entity has: whoever writes to the old table knows nothing of it.
            let part = generation * PARTS + at as i64;
            let matched = Matched { matching: matching.clone(), part, ready: true };
            table.matched.push(matched.clone());
            fresh.matched.push(matched);
        }
        Ok(Self { old: old.clone(), table, fresh, fresh_words, same })
    }

    /// Whether something must be computed of every record, turned or not.
    pub fn computes(&self) -> bool {
        !self.fresh.columns.is_empty()
            || !self.fresh.links.is_empty()
            || !self.fresh.matched.is_empty()
            || (self.fresh_words && !self.table.searched.is_empty())
    }

    /// Where writes to the old table are noted.
    pub fn log(&self) -> String {
        short(&format!("e_{}", self.table.stem()))
    }

    fn function(&self) -> String {
        short(&format!("ef_{}", self.table.stem()))
    }

    pub async fn create(&self, conn: &mut Conn) -> Result<(), Error> {
        let dialect = conn.dialect();
        let table = &self.table;
        let mut statements = ddl::create(table, dialect);
        for column in &table.columns {
            statements.extend(ddl::add_column(table, column, dialect));
            if column.unique_name.is_some() {
                statements.push(ddl::add_unique_column(table, column, dialect));
            }
        }
        if dialect == Dialect::Sqlite && self.fresh_words && !table.searched.is_empty() {
            statements.extend(ddl::words(table, dialect, true, false));
        }
        statements.extend(self.triggers(dialect));
        for statement in statements {
            conn.run(statement, vec![]).await?;
        }
        for linked in &self.fresh.links {
            links::create(conn, linked).await?;
        }
        if !self.fresh.matched.is_empty() {
            keys::create(conn, table).await?;
        }
        Ok(())
    }

    fn triggers(&self, dialect: Dialect) -> Vec<String> {
        let (log, of, function) = (self.log(), &self.old.table, self.function());
        match dialect {
            Dialect::Sqlite => {
                let mut statements = vec![format!(
                    "CREATE TABLE \"{log}\" (seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL)"
                )];
                for (verb, side) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
                    let name = short(&format!("e{}_{}", verb.to_ascii_lowercase(), self.table.stem()));
                    statements.push(format!(
                        "CREATE TRIGGER \"{name}\" AFTER {verb} ON \"{of}\" \
                         BEGIN INSERT INTO \"{log}\" (id) VALUES ({side}.id); END"
                    ));
                }
                statements
            }
            Dialect::Postgres => vec![
                format!(
                    "CREATE TABLE \"{log}\" (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id UUID NOT NULL)"
                ),
                format!(
                    "CREATE FUNCTION \"{function}\"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                     IF TG_OP = 'DELETE' THEN INSERT INTO \"{log}\" (id) VALUES (OLD.id); \
                     ELSE INSERT INTO \"{log}\" (id) VALUES (NEW.id); END IF; RETURN NULL; END $$"
                ),
                format!(
                    "CREATE TRIGGER \"{function}\" AFTER INSERT OR UPDATE OR DELETE ON \"{of}\" \
                     FOR EACH ROW EXECUTE FUNCTION \"{function}\"()"
                ),
            ],
        }
    }

    /// Notes what nobody asks any longer once the new table is in its place; it is dropped a little later.
    pub async fn retire(&self, conn: &mut Conn, at: Timestamp) -> Result<(), Error> {
        let (old, table) = (&self.old, &self.table);
        let mut gone = vec![(old.table.clone(), "table"), (self.log(), "table")];
        if conn.dialect() == Dialect::Postgres {
            gone.push((self.function(), "function"));
        } else if self.fresh_words && !old.searched.is_empty() {
            gone.push((old.words.clone(), "table"));
        }
        // Those too that no release has wanted for a while: they are known by nobody afterwards.
        let sql = "SELECT definition, generation FROM promotions WHERE entity = $1 AND storage = 'links'";
        for row in conn.rows(sql, binds![&old.entity]).await? {
            let name = Linked::new(&old.entity, &row.json(0)?, row.int(1)?).table;
            if !table.links.iter().any(|linked| linked.table == name) {
                gone.push((name, "table"));
            }
        }
        for (name, sort) in gone {
            let sql = "INSERT INTO retired (name, sort, at) VALUES ($1,$2,$3) ON CONFLICT (name) DO NOTHING";
            conn.run(sql, binds![name, sort, at]).await?;
        }
        Ok(())
    }

    /// Takes everything away that was made for an evolution which came to nothing.
    pub async fn drop(&self, conn: &mut Conn) -> Result<(), Error> {
        let mut statements = Vec::new();
        match conn.dialect() {
            Dialect::Sqlite => {
                for verb in ["insert", "update", "delete"] {
                    let name = short(&format!("e{verb}_{}", self.table.stem()));
                    statements.push(format!("DROP TRIGGER IF EXISTS \"{name}\""));
                }
                if self.fresh_words {
                    statements.push(format!("DROP TABLE IF EXISTS \"{}\"", self.table.words));
                }
            }
            Dialect::Postgres => {
                let function = self.function();
                statements.push(format!("DROP TRIGGER IF EXISTS \"{function}\" ON \"{}\"", self.old.table));
                statements.push(format!("DROP FUNCTION IF EXISTS \"{function}\"()"));
            }
        }
        statements.push(format!("DROP TABLE IF EXISTS \"{}\"", self.log()));
        statements.push(format!("DROP TABLE IF EXISTS \"{}\"", self.table.table));
        statements.extend(
            self.fresh.links.iter().map(|linked| format!("DROP TABLE IF EXISTS \"{}\"", linked.table)),
        );
        for statement in statements {
            conn.run(statement, vec![]).await?;
        }
        let first = self.table.generation * PARTS;
        keys::clear_parts(conn, &self.table, first..first + PARTS).await
    }
}
