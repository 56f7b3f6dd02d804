//! The text of a step: SQL with four types of its own, so that both databases have the same columns: `ID` (16 bytes),
//! `STR` (text compared by code points), `BYTES` and `INT` (64 bits: numbers, booleans, milliseconds since 1970 in UTC).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs statements that `;` parts, in the database's own words.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let postgres = connection.get_database_backend() == DbBackend::Postgres;
    for statement in statements.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        connection.execute_unprepared(&translate(statement, postgres)).await?;
    }
    Ok(())
}

fn translate(statement: &str, postgres: bool) -> String {
    let (id, text, int, bytes, sequence, compact) = if postgres {
        (
            "UUID",
            "TEXT COLLATE \"C\"",
            "BIGINT",
            "BYTEA",
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "",
        )
    } else {
        ("BLOB", "TEXT", "INTEGER", "BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT", " WITHOUT ROWID")
    };
    let words = statement.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(|word| {
        let end = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_').len();
        let (name, rest) = word.split_at(end);
        let name = match name {
            "ID" => id,
            "STR" => text,
            "INT" => int,
            "BYTES" => bytes,
            "SEQUENCE" => sequence,
            "COMPACT" => compact,
            other => other,
        };
        format!("{name}{rest}")
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn types_are_translated_and_names_that_contain_them_are_not() {
        let sql = translate("CREATE TABLE t (id ID PRIMARY KEY, POINT INT, text STR)COMPACT", false);
        assert_eq!(sql, "CREATE TABLE t (id BLOB PRIMARY KEY, POINT INTEGER, text TEXT) WITHOUT ROWID");
    }
}
