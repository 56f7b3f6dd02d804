//! The statements that make, widen and index the tables of entities.

use kezhi_types::query::{Layout, Part};
use sha2::{Digest, Sha256};

use crate::bind::Dialect;
use crate::catalog::{EntityTable, Promoted, short, unique_index};
use crate::promote::Storage;

/// Who writes to the table while an index is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    Nobody,
    /// PostgreSQL alone, and never inside a transaction.
    Writers,
}

impl Beside {
    fn word(self) -> &'static str {
        match self {
            Self::Nobody => "",
            Self::Writers => " CONCURRENTLY",
        }
    }
}

/// A new entity's table. `row` is SQLite's own key, to which the words of a record belong. The length of its document
/// limits nothing: it tells SQLite's planner, which knows no other, that a row is long beside an entry of an index.
pub(crate) fn create(table: &EntityTable, dialect: Dialect) -> Vec<String> {
    let name = &table.table;
    let columns = match dialect {
        Dialect::Sqlite => {
            "row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, version INTEGER NOT NULL, created_at INTEGER NOT NULL, \
             created_by BLOB, updated_at INTEGER NOT NULL, updated_by BLOB, owner_id BLOB, department_id BLOB, \
             deleted_at INTEGER, deleted_by BLOB, data VARCHAR(4000) NOT NULL, derived TEXT NOT NULL, stale TEXT, \
             words_key INTEGER"
        }
        Dialect::Postgres => {
            "id UUID PRIMARY KEY, version BIGINT NOT NULL, created_at BIGINT NOT NULL, created_by UUID, \
             updated_at BIGINT NOT NULL, updated_by UUID, owner_id UUID, department_id UUID, deleted_at BIGINT, \
             deleted_by UUID, data JSONB NOT NULL, derived JSONB NOT NULL, stale TEXT, words_key BIGINT, words TSVECTOR"
        }
    };
    let bin = short(&format!("b_{}", table.stem()));
    vec![
        format!("CREATE TABLE \"{name}\" ({columns})"),
        format!("CREATE INDEX \"{bin}\" ON \"{name}\" (deleted_at) WHERE deleted_at IS NOT NULL"),
    ]
}

/// PostgreSQL: the index of a table's words.
pub(crate) fn words_index(table: &EntityTable) -> String {
    short(&format!("g_{}", table.stem()))
}

/// Makes or takes away the index of words when the searched fields change.
pub(crate) fn words(table: &EntityTable, dialect: Dialect, had_none: bool, wants_none: bool) -> Vec<String> {
    let gin = words_index(table);
    match (dialect, had_none, wants_none) {
        (Dialect::Sqlite, true, false) => vec![format!(
            "CREATE VIRTUAL TABLE \"{}\" USING fts5(words, content='', contentless_delete=1, detail=none, prefix='4 5', \
             tokenize=\"unicode61 remove_diacritics 0\")",
            table.words
        )],
        (Dialect::Sqlite, false, true) => vec![format!("DROP TABLE \"{}\"", table.words)],
        (Dialect::Postgres, true, false) => {
            vec![format!("CREATE INDEX \"{gin}\" ON \"{}\" USING GIN (words)", table.table)]
        }
        (Dialect::Postgres, false, true) => vec![format!("DROP INDEX IF EXISTS \"{gin}\"")],
        _ => Vec::new(),
    }
}

pub(crate) fn add_column(table: &EntityTable, column: &Promoted, dialect: Dialect) -> Vec<String> {
    let mut statements = vec![add(table, &column.name, column.storage.sql_type(dialect))];
    if let Some(name) = &column.sort_name {
        statements.push(add(table, name, Storage::Text.sql_type(dialect)));
    }
    statements
}

pub(crate) fn add_unique_column(table: &EntityTable, column: &Promoted, dialect: Dialect) -> String {
    let name = column.unique_name.as_deref().unwrap_or_default();
    add(table, name, Storage::Text.sql_type(dialect))
}

fn add(table: &EntityTable, name: &str, kind: &str) -> String {
    format!("ALTER TABLE \"{}\" ADD COLUMN \"{name}\" {kind}", table.table)
}

/// The sort key's column that a text of this field has or would have.
pub(crate) fn sort_name(column: &Promoted) -> String {
    short(&format!("s_{}", column.promotion.column.field))
}

/// Drops a column of another storage, with its companions.
pub(crate) fn drop_column(
    table: &EntityTable,
    column: &Promoted,
    was_sorted: bool,
    was_unique: bool,
) -> Vec<String> {
    let key = &column.promotion.column.field;
    let mut names = vec![column.name.clone()];
    if was_sorted {
        names.push(sort_name(column));
    }
    if was_unique {
        names.push(short(&format!("u_{key}")));
    }
    names.iter().map(|name| format!("ALTER TABLE \"{}\" DROP COLUMN \"{name}\"", table.table)).collect()
}

pub(crate) fn drop_unique_column(table: &EntityTable, column: &Promoted) -> String {
    let name = short(&format!("u_{}", column.promotion.column.field));
    format!("ALTER TABLE \"{}\" DROP COLUMN \"{name}\"", table.table)
}

/// The index that keeps a field's values apart among living records.
pub(crate) fn unique(table: &EntityTable, column: &Promoted, beside: Beside) -> String {
    format!(
        "CREATE UNIQUE INDEX{} IF NOT EXISTS \"{}\" ON \"{}\" (\"{}\") WHERE deleted_at IS NULL",
        beside.word(),
        unique_index(table, column),
        table.table,
        column.unique_name.as_deref().unwrap_or_default()
    )
}

pub(crate) fn index(table: &EntityTable, (name, columns): (&str, &[String]), beside: Beside) -> String {
    let columns: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    format!(
        "CREATE INDEX{} IF NOT EXISTS \"{name}\" ON \"{}\" ({}) WHERE deleted_at IS NULL",
        beside.word(),
        table.table,
        columns.join(", ")
    )
}

/// Whose a record is: behind the keys of an index, so that rows that somebody may not see are passed over in the index.
const SCOPES: [&str; 2] = ["department_id", "owner_id"];

/// Columns that the index for counting has at most.
const COUNTED: usize = 24;

/// The short columns of a table in one index, read instead of the rows with their documents where groups are counted
/// and summed or where nothing better serves a condition. SQLite alone: PostgreSQL reads the rows with several
/// processes, and an index on what often changes would make each change dearer there.
fn counted(table: &EntityTable, scoped: bool) -> Option<Vec<String>> {
    let short = |column: &&Promoted| {
        matches!(
            column.storage,
            Storage::Choice
                | Storage::Integer
                | Storage::Scaled(_)
                | Storage::Boolean
                | Storage::Date
                | Storage::Millis
        )
    };
    let columns: Vec<String> =
        table.columns.iter().filter(short).map(|column| column.name.clone()).take(COUNTED).collect();
    let scopes = SCOPES.iter().filter(|_| scoped).map(|scope| (*scope).to_owned());
    (columns.len() > 1).then(|| columns.into_iter().chain(scopes).collect())
}

/// Names and columns of the indexes that a layout wants. A text is filtered by its value and sorted by its sort
/// key: it has the sort key where it comes last, its value elsewhere, and both where it stands alone. Every
/// relation has an index, wanted or not.
pub(crate) fn indexes(table: &EntityTable, layout: &Layout, dialect: Dialect) -> Vec<(String, Vec<String>)> {
    let mut wanted: Vec<Vec<String>> = Vec::new();
    for keys in &layout.indexes {
        let Some(columns) = keys.iter().map(|key| physical(table, key)).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let values: Vec<String> = columns.iter().map(|(value, _)| value.clone()).collect();
        let mut sorted = values.clone();
        if let (Some(last), Some((_, Some(sort)))) = (sorted.last_mut(), columns.last()) {
            last.clone_from(sort);
        }
        if values.len() == 1 || sorted == values {
            wanted.push(values.clone());
        }
        wanted.push(sorted);
    }
    for column in table.columns.iter().filter(|column| column.storage == Storage::Reference) {
        if !wanted.iter().any(|columns| columns.first() == Some(&column.name)) {
            wanted.push(vec![column.name.clone()]);
        }
    }
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    let scoped = layout.indexes.iter().any(|keys| keys.first().is_some_and(|key| key == "department"));
    for mut columns in wanted {
        columns.retain(|column| column != "id");
        columns.push("id".to_owned());
        if scoped {
            let known = SCOPES.iter().filter(|scope| !columns.iter().any(|column| column == *scope));
            let scopes: Vec<String> = known.map(|scope| (*scope).to_owned()).collect();
            columns.extend(scopes);
        }
        seen_to_cover(&mut columns, dialect);
        let name = index_name(table, &columns);
        if columns.len() > 1 && !named.iter().any(|(known, _)| *known == name) {
            named.push((name, columns));
        }
    }
    if dialect == Dialect::Sqlite
        && let Some(mut columns) = counted(table, scoped)
    {
        seen_to_cover(&mut columns, dialect);
        named.push((index_name(table, &columns), columns));
    }
    named
}

/// SQLite knows that an index of living records answers a question alone only where it has the column that says so too.
fn seen_to_cover(columns: &mut Vec<String>, dialect: Dialect) {
    if dialect == Dialect::Sqlite && columns.len() > 1 {
        columns.push("deleted_at".to_owned());
    }
}

fn index_name(table: &EntityTable, columns: &[String]) -> String {
    let hash = Sha256::digest(columns.join(",").as_bytes());
    let tail: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    short(&format!("x_{}.{tail}", table.stem()))
}

/// The column of a key, and its sort key's.
fn physical(table: &EntityTable, key: &str) -> Option<(String, Option<String>)> {
    let system = match key {
        "owner" => "owner_id",
        "department" => "department_id",
        "id" | "version" | "created_at" | "created_by" | "updated_at" | "updated_by" | "deleted_at" => key,
        _ => {
            let mut columns = table.columns.iter().filter(|column| column.promotion.column.field == key);
            let found = columns.find(|column| column.promotion.column.part != Part::GradeScore)?;
            return Some((found.name.clone(), found.sort_name.clone()));
        }
    };
    Some((system.to_owned(), None))
}
