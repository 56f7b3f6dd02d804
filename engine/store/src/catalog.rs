//! The tables of entities and their promoted columns as they are in the database.

use std::collections::HashMap;
use std::sync::Arc;

use kezhi_types::query::{Column, Matching, Promotion};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
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
    /// The release that was live then.
    release: i64,
}

/// One entity's table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EntityTable {
    pub entity: String,
    /// How often the table was made anew, by an evolution.
    pub generation: i64,
    /// The generation in which the words of a SQLite table were cut last as a whole.
    pub words_generation: i64,
    /// `r_<entity>`, with the generation behind it from the first on.
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
    /// `m_<entity>`, the keys by which duplicates are found; it is there once something is matched.
    pub keys: String,
    /// What its records are matched by.
    pub matched: Vec<Matched>,
}

/// Something that records are matched by, whose keys are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matched {
    pub matching: Matching,
    /// What tells its keys from those of others in the table.
    pub part: i64,
    /// Whether the keys of old records are all there.
    pub ready: bool,
}

/// A field that names many records, and the table of its links.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linked {
    pub promotion: Promotion,
    /// `l_<key>`, as the promotions call it.
    pub name: String,
    /// `l_<entity>.<key>`, with the columns `record` and `target`.
    pub table: String,
    /// The generation of the entity's table in which it was made.
    pub generation: i64,
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
    /// Without columns yet.
    pub fn new(entity: &str, generation: i64, words_generation: i64) -> Self {
        Self {
            entity: entity.to_owned(),
            generation,
            words_generation,
            table: short(&format!("r_{}", stem(entity, generation))),
            words: short(&format!("w_{}", stem(entity, words_generation))),
            searched: Vec::new(),
            words_ready: true,
            columns: Vec::new(),
            links: Vec::new(),
            keys: short(&format!("m_{entity}")),
            matched: Vec::new(),
        }
    }

    /// What the names of its indexes are made of.
    pub fn stem(&self) -> String {
        stem(&self.entity, self.generation)
    }

    /// What is matched so, once the keys of every record are there.
    pub fn matches(&self, matching: &Matching) -> Option<&Matched> {
        self.matched.iter().find(|known| known.ready && known.matching == *matching)
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
        let found = unique
            .find(|known| known.unique_name.as_deref() == Some(name) || unique_index(self, known) == name);
        found.map(|known| known.promotion.column.field.as_str())
    }
}

/// What the promotions say of something that is matched.
#[derive(Serialize, Deserialize)]
struct MatchedDefinition {
    matching: Matching,
    part: i64,
}

impl Matched {
    /// As the promotions have it in this column; not ready.
    pub fn kept(row: &Row, column: usize) -> Result<Self, Error> {
        let MatchedDefinition { matching, part } = row.json(column)?;
        Ok(Self { matching, part, ready: false })
    }

    /// What the promotions say of it.
    pub fn definition(&self) -> String {
        let definition = MatchedDefinition { matching: self.matching.clone(), part: self.part };
        serde_json::to_string(&definition).unwrap_or_default()
    }
}

impl Linked {
    pub fn new(entity: &str, promotion: &Promotion, generation: i64) -> Self {
        let key = &promotion.column.field;
        Self {
            promotion: promotion.clone(),
            name: short(&format!("l_{key}")),
            table: short(&format!("l_{}", stem(&format!("{entity}.{key}"), generation))),
            generation,
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
pub(crate) fn unique_index(table: &EntityTable, column: &Promoted) -> String {
    short(&format!("q_{}.{}", table.stem(), column.promotion.column.field))
}

/// A name in its generation: `customer`, `customer.2`.
fn stem(name: &str, generation: i64) -> String {
    if generation == 0 { name.to_owned() } else { format!("{name}.{generation}") }
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

    /// Puts tables in the place of what was known of them, all at once.
    pub fn put(&self, tables: Vec<EntityTable>) {
        let mut shared = self.0.write();
        let mut entities = shared.entities.clone();
        entities.extend(tables.into_iter().map(|table| (table.entity.clone(), Arc::new(table))));
        *shared = Arc::new(Catalog { entities, layout: shared.layout, release: shared.release });
    }

    /// Reads everything anew.
    pub async fn load(&self, conn: &mut Conn) -> Result<(), Error> {
        let mut entities: HashMap<String, EntityTable> = HashMap::new();
        let row = conn.row("SELECT layout, number FROM live_release", vec![]).await?;
        let (layout, release) = row.map_or(Ok((0, 0)), |row| Ok::<_, Error>((row.int(0)?, row.int(1)?)))?;
        let sql = "SELECT entity, searched, words, generation, words_generation FROM entity_tables";
        for row in conn.rows(sql, vec![]).await? {
            let mut table = EntityTable::new(&row.text(0)?, row.int(3)?, row.int(4)?);
            table.searched = row.json(1)?;
            table.words_ready = row.text(2)? == crate::words::READY;
            entities.insert(table.entity.clone(), table);
        }
        let sql = "SELECT entity, definition, state, generation, storage FROM promotions WHERE state <> 'unwanted' \
                   ORDER BY entity, name";
        for row in conn.rows(sql, vec![]).await? {
            let Some(table) = entities.get_mut(&row.text(0)?) else { continue };
            let ready = row.text(2)? == "ready";
            match row.text(4)?.as_str() {
                "keys" => table.matched.push(Matched { ready, ..Matched::kept(&row, 1)? }),
                "links" => {
                    let linked = Linked::new(&table.entity, &row.json(1)?, row.int(3)?);
                    table.links.push(Linked { ready, ..linked });
                }
                _ => table.columns.extend(promoted(&row.json(1)?, &row)?),
            }
        }
        let entities = entities.into_iter().map(|(key, table)| (key, Arc::new(table))).collect();
        *self.0.write() = Arc::new(Catalog { entities, layout, release });
        Ok(())
    }

    /// Reads everything anew where another process has changed the tables since. Where it has made another release live too,
    /// readers here keep the tables of the release that they ask under, until that one is live here as well: the answer is
    /// then a catalog for whoever asked alone.
    pub async fn renew(&self, conn: &mut Conn, (release, layout): (i64, i64)) -> Result<Option<Self>, Error> {
        let known = self.get();
        if known.layout == layout {
            return Ok(None);
        }
        if known.release == release {
            self.load(conn).await?;
            return Ok(None);
        }
        let alone = Self::default();
        alone.load(conn).await?;
        Ok(Some(alone))
    }
}

fn promoted(promotion: &Promotion, row: &Row) -> Result<Option<Promoted>, Error> {
    let Some(storage) = Storage::of(&promotion.column.shape) else { return Ok(None) };
    let mut column = Promoted::new(promotion, storage);
    column.ready = row.text(2)? == "ready";
    Ok(Some(column))
}
