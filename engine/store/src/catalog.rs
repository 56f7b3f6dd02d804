//! The tables of entities and their promoted columns as they are in the database.

use std::collections::HashMap;
use std::sync::Arc;

use kezhi_types::query::{Column, Promotion, Shape};
use parking_lot::RwLock;
use sha2::{Digest, Sha256};

use crate::bind::Row;
use crate::conn::Conn;
use crate::error::Error;
use crate::promote::Storage;

/// What is known of all tables; replaced whole.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    entities: HashMap<String, Arc<EntityTable>>,
    /// How often the tables had been changed when this was read; counted on PostgreSQL only.
    layout: i64,
}

/// One entity's table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EntityTable {
    pub entity: String,
    /// `r_<entity>`.
    pub table: String,
    /// `w_<entity>`, the words of a SQLite table.
    pub words: String,
    /// Fields whose words are kept.
    pub searched: Vec<Column>,
    /// Whether the words of old records are all there.
    pub words_ready: bool,
    pub columns: Vec<Promoted>,
    /// Its fields that name many records.
    pub links: Vec<Linked>,
}

/// A field that names many records, and the table of its links.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linked {
    pub promotion: Promotion,
    /// `l_<key>`, as the promotions call it.
    pub name: String,
    /// `l_<entity>.<key>`, with the columns `record` and `target`.
    pub table: String,
    /// Whether the links of old records are all there.
    pub ready: bool,
}

/// One promoted field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Promoted {
    pub promotion: Promotion,
    pub storage: Storage,
    /// `f_<key>`.
    pub name: String,
    /// `s_<key>`, of texts.
    pub sort_name: Option<String>,
    /// `u_<key>`, of unique fields.
    pub unique_name: Option<String>,
    /// Whether the values of old records are all there.
    pub ready: bool,
}

impl Catalog {
    pub fn entity(&self, entity: &str) -> Result<&Arc<EntityTable>, Error> {
        self.entities.get(entity).ok_or_else(|| Error::UnknownEntity(entity.to_owned()))
    }

    pub fn entities(&self) -> impl Iterator<Item = &Arc<EntityTable>> {
        self.entities.values()
    }
}

impl EntityTable {
    pub fn new(entity: &str) -> Self {
        Self {
            entity: entity.to_owned(),
            table: short(&format!("r_{entity}")),
            words: short(&format!("w_{entity}")),
            searched: Vec::new(),
            words_ready: true,
            columns: Vec::new(),
            links: Vec::new(),
        }
    }

    /// The promoted column of a field that may be asked, in the storage that the question expects.
    pub fn ready(&self, column: &Column) -> Option<&Promoted> {
        self.columns.iter().find(|known| known.ready && known.holds(column))
    }

    /// The table of links of a field that may be asked.
    pub fn linked(&self, column: &Column) -> Option<&Linked> {
        self.links.iter().find(|known| known.ready && known.promotion.column == *column)
    }

    /// The field whose unique column or index a database complains about.
    pub fn unique_field(&self, name: &str) -> Option<&str> {
        let mut unique = self.columns.iter().filter(|known| known.unique_name.is_some());
        let found = unique.find(|known| {
            known.unique_name.as_deref() == Some(name) || unique_index(&self.entity, known) == name
        });
        found.map(|known| known.promotion.column.field.as_str())
    }
}

impl Linked {
    pub fn new(entity: &str, promotion: &Promotion) -> Self {
        let key = &promotion.column.field;
        Self {
            promotion: promotion.clone(),
            name: short(&format!("l_{key}")),
            table: short(&format!("l_{entity}.{key}")),
            ready: false,
        }
    }

    /// The index by which a record finds those that name it.
    pub fn back(&self) -> String {
        short(&format!("k_{}", self.table))
    }
}

impl Promoted {
    pub fn new(promotion: &Promotion, storage: Storage) -> Self {
        let key = &promotion.column.field;
        let ending = match promotion.column.part {
            kezhi_types::query::Part::GradeScore => "__score",
            _ => "",
        };
        Self {
            promotion: promotion.clone(),
            storage,
            name: short(&format!("f_{key}{ending}")),
            sort_name: (storage == Storage::Text).then(|| short(&format!("s_{key}"))),
            unique_name: promotion.unique.then(|| short(&format!("u_{key}"))),
            ready: false,
        }
    }

    /// The name of its storage in the database; with another name it is made anew.
    pub fn code(&self) -> String {
        let digits = if self.promotion.digits { "+digits" } else { "" };
        self.storage.code() + digits
    }

    pub fn holds(&self, column: &Column) -> bool {
        let own = &self.promotion.column;
        own.field == column.field
            && own.part == column.part
            && Storage::of(&column.shape) == Some(self.storage)
    }
}

/// The name of a unique index.
pub(crate) fn unique_index(entity: &str, column: &Promoted) -> String {
    short(&format!("q_{entity}.{}", column.promotion.column.field))
}

/// A name that PostgreSQL does not cut: at most 63 bytes, the end hashed where it is longer.
pub(crate) fn short(name: &str) -> String {
    if name.len() <= 63 {
        return name.to_owned();
    }
    let hash = Sha256::digest(name.as_bytes());
    let tail: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}_{tail}", &name[..46])
}

/// The present catalog, shared by every connection of a store.
#[derive(Clone, Default)]
pub(crate) struct SharedCatalog(Arc<RwLock<Arc<Catalog>>>);

impl SharedCatalog {
    pub fn get(&self) -> Arc<Catalog> {
        self.0.read().clone()
    }

    /// Puts one table in the place of what was known of it.
    pub fn put(&self, table: EntityTable) {
        let mut shared = self.0.write();
        let mut entities = shared.entities.clone();
        entities.insert(table.entity.clone(), Arc::new(table));
        *shared = Arc::new(Catalog { entities, layout: shared.layout });
    }

    /// Reads everything anew.
    pub async fn load(&self, conn: &mut Conn) -> Result<(), Error> {
        let mut entities: HashMap<String, EntityTable> = HashMap::new();
        let row = conn.row("SELECT layout FROM live_release", vec![]).await?;
        let layout = row.map_or(Ok(0), |row| row.int(0))?;
        for row in conn.rows("SELECT entity, searched, words FROM entity_tables", vec![]).await? {
            let mut table = EntityTable::new(&row.text(0)?);
            table.searched = row.json(1)?;
            table.words_ready = row.text(2)? == crate::words::READY;
            entities.insert(table.entity.clone(), table);
        }
        let sql = "SELECT entity, definition, state FROM promotions WHERE state <> 'unwanted' ORDER BY entity, name";
        for row in conn.rows(sql, vec![]).await? {
            let Some(table) = entities.get_mut(&row.text(0)?) else { continue };
            let promotion: Promotion = row.json(1)?;
            if promotion.column.shape == Shape::Links {
                let ready = row.text(2)? == "ready";
                table.links.push(Linked { ready, ..Linked::new(&table.entity, &promotion) });
            } else if let Some(column) = promoted(&promotion, &row)? {
                table.columns.push(column);
            }
        }
        let entities = entities.into_iter().map(|(key, table)| (key, Arc::new(table))).collect();
        *self.0.write() = Arc::new(Catalog { entities, layout });
        Ok(())
    }

    /// Reads everything anew where the tables have been changed since, perhaps by another process.
    pub async fn renew(&self, conn: &mut Conn, layout: i64) -> Result<(), Error> {
        if self.get().layout == layout {
            return Ok(());
        }
        self.load(conn).await
    }
}

fn promoted(promotion: &Promotion, row: &Row) -> Result<Option<Promoted>, Error> {
    let Some(storage) = Storage::of(&promotion.column.shape) else { return Ok(None) };
    let mut column = Promoted::new(promotion, storage);
    column.ready = row.text(2)? == "ready";
    Ok(Some(column))
}
