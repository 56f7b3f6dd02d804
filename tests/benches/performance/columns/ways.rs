//! The ways to store the same records that are compared, and what differs between them: the table, where a field is read,
//! what an index is made of. Names and order of the columns are those of the engine's tables.

/// The table in each database.
pub const TABLE: &str = "customer";

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// How the fields of a record can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As the engine stores them: a typed column for each short field beside the document, indexes on the columns.
    Columns,
    /// The document alone, JSON text on SQLite and JSONB on PostgreSQL; indexes on expressions over it.
    Document,
    /// SQLite alone: the document as binary JSONB; indexes on expressions over it.
    Binary,
}

/// What a field's value is compared and summed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// A decimal with two places as a whole number of hundredths.
    Hundredths,
}

/// A field that is filtered, sorted, grouped or summed by.
#[derive(Debug)]
pub struct Field {
    pub key: &'static str,
    pub kind: Kind,
    /// The document that holds it.
    pub document: &'static str,
    /// The keys from the document's top to its value.
    pub path: &'static [&'static str],
}

const fn field(
    key: &'static str,
    kind: Kind,
    document: &'static str,
    path: &'static [&'static str],
) -> Field {
    Field { key, kind, document, path }
}

/// The fields that the engine promotes of a customer.
pub const FIELDS: [Field; 9] = [
    field("industry", Kind::Text, "data", &["industry"]),
    field("region", Kind::Text, "data", &["region"]),
    field("amount", Kind::Hundredths, "data", &["amount"]),
    field("score", Kind::Integer, "data", &["score"]),
    field("grade", Kind::Text, "data", &["grade"]),
    field("birthday", Kind::Text, "data", &["birthday"]),
    field("status", Kind::Text, "data", &["status"]),
    field("spent", Kind::Hundredths, "derived", &["spent"]),
    field("value", Kind::Text, "derived", &["value", "letter"]),
];

/// What every record has beside its documents and promoted fields.
pub const SYSTEM: [&str; 8] =
    ["id", "version", "created_at", "created_by", "updated_at", "updated_by", "owner_id", "department_id"];

/// The keys of the indexes; what the engine puts behind them follows in [`Scheme::indexes`].
const INDEXES: [&[&str]; 4] =
    [&["owner_id"], &["department_id"], &["grade", "amount"], &["industry", "amount"]];
/// Whose a record is, behind the keys of an index.
const SCOPES: [&str; 2] = ["department_id", "owner_id"];

/// One way on one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    pub dialect: Dialect,
    pub way: Way,
}

impl Scheme {
    /// The head of its column in the report.
    pub fn title(self) -> &'static str {
        match (self.way, self.dialect) {
            (Way::Columns, _) => "typed columns",
            (Way::Document, Dialect::Sqlite) => "JSON text, expression indexes",
            (Way::Document, Dialect::Postgres) => "JSONB, expression indexes",
            (Way::Binary, _) => "binary JSONB, expression indexes",
        }
    }

    /// The statement that makes the table.
    pub fn create(self) -> String {
        let columns = match (self.dialect, self.way) {
            (Dialect::Sqlite, way) => {
                // The length tells SQLite's planner that a row is long beside an entry of an index.
                let (document, derived) =
                    if way == Way::Binary { ("BLOB(4000)", "BLOB") } else { ("VARCHAR(4000)", "TEXT") };
                format!(
                    "row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, version INTEGER NOT NULL, \
                     created_at INTEGER NOT NULL, created_by BLOB, updated_at INTEGER NOT NULL, updated_by BLOB, \
                     owner_id BLOB, department_id BLOB, deleted_at INTEGER, deleted_by BLOB, data {document} NOT NULL, \
                     derived {derived} NOT NULL, stale TEXT, words_key INTEGER"
                )
            }
            (Dialect::Postgres, _) => "id UUID PRIMARY KEY, version BIGINT NOT NULL, created_at BIGINT NOT NULL, \
                 created_by UUID, updated_at BIGINT NOT NULL, updated_by UUID, owner_id UUID, department_id UUID, \
                 deleted_at BIGINT, deleted_by UUID, data JSONB NOT NULL, derived JSONB NOT NULL, stale TEXT, words_key BIGINT"
                .to_owned(),
        };
        let typed: String =
            FIELDS.iter().map(|field| format!(", f_{} {}", field.key, self.kind(field.kind))).collect();
        format!(
            "CREATE TABLE {TABLE} ({columns}{})",
            if self.way == Way::Columns { typed.as_str() } else { "" }
        )
    }

    fn kind(self, kind: Kind) -> &'static str {
        match (kind, self.dialect) {
            (Kind::Text, Dialect::Sqlite) => "TEXT",
            (Kind::Text, Dialect::Postgres) => "TEXT COLLATE \"C\"",
            (_, Dialect::Sqlite) => "INTEGER",
            (_, Dialect::Postgres) => "BIGINT",
        }
    }

    /// Where a field is read: its column, or the expression over the document; a system column is itself.
    pub fn place(self, key: &str) -> String {
        let Some(field) = FIELDS.iter().find(|field| field.key == key) else { return key.to_owned() };
        let Field { kind, document, path, .. } = field;
        match (self.way, self.dialect) {
            (Way::Columns, _) => format!("f_{key}"),
            (_, Dialect::Sqlite) => {
                let raw = format!("json_extract({document}, '$.{}')", path.join("."));
                match kind {
                    Kind::Text => raw,
                    Kind::Integer => format!("CAST({raw} AS INTEGER)"),
                    Kind::Hundredths => format!("CAST(REPLACE({raw}, '.', '') AS INTEGER)"),
                }
            }
            (_, Dialect::Postgres) => {
                let (last, before) = path.split_last().expect("a path has a key");
                let steps: String = before.iter().map(|key| format!("->'{key}'")).collect();
                let raw = format!("({document}{steps}->>'{last}')");
                match kind {
                    Kind::Text => format!("({raw} COLLATE \"C\")"),
                    Kind::Integer => format!("({raw}::bigint)"),
                    Kind::Hundredths => format!("(({raw}::numeric * 100)::bigint)"),
                }
            }
        }
    }

    /// The statements that make the indexes: behind the keys the id and whose a record is, and on SQLite one that holds
    /// all short fields and is read instead of the rows.
    pub fn indexes(self) -> Vec<String> {
        let mut indexes: Vec<Vec<&str>> = INDEXES
            .iter()
            .map(|keys| {
                let scopes = SCOPES.iter().filter(|scope| !keys.contains(scope));
                keys.iter().chain(&["id"]).chain(scopes).copied().collect()
            })
            .collect();
        if self.dialect == Dialect::Sqlite {
            let all = FIELDS.iter().map(|field| field.key);
            indexes.push(all.chain(SCOPES).chain(["deleted_at"]).collect());
        }
        let statement = |(nth, keys): (usize, &Vec<&str>)| {
            let places: Vec<String> = keys.iter().map(|key| format!("({})", self.place(key))).collect();
            format!("CREATE INDEX {TABLE}_{nth} ON {TABLE} ({}) WHERE deleted_at IS NULL", places.join(", "))
        };
        indexes.iter().enumerate().map(statement).collect()
    }

    /// The place of the `nth` bound value, from 1.
    pub fn bound(self, nth: usize) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("?{nth}"),
            Dialect::Postgres => format!("${nth}"),
        }
    }
}
