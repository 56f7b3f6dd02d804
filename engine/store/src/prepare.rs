//! What a layout wants against what the database has: columns added, made anew or no longer wanted.

use std::collections::HashMap;

use kezhi_types::query::{Column, Layout, Part, Promotion};

use crate::bind::{binds, json_text};
use crate::catalog::{EntityTable, Promoted, unique_index};
use crate::conn::Conn;
use crate::ddl;
use crate::error::Error;
use crate::keys;
use crate::links;
use crate::promote::Storage;
use crate::words;

/// What becomes of what a layout no longer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwanted {
    /// It stays as it is: a release that is still live stands on it.
    Keep,
    Forget,
}

/// What the database has of an entity's columns, wanted or not.
struct Known {
    column: String,
    storage: String,
    unique: bool,
    state: String,
}

async fn known_columns(conn: &mut Conn, entity: &str) -> Result<HashMap<String, Known>, Error> {
    let sql = "SELECT name, definition, storage, is_unique, state FROM promotions WHERE entity = $1 AND storage NOT IN ('links', 'keys')";
    let rows = conn.rows(sql, binds![entity]).await?;
    rows.iter()
        .map(|row| {
            let known = Known {
                column: row.text(1)?,
                storage: row.text(2)?,
                unique: row.bool(3)?,
                state: row.text(4)?,
            };
            Ok((row.text(0)?, known))
        })
        .collect()
}

/// Makes the table if need be, adds what is wanted and new, and answers the table as it then is.
pub(crate) async fn prepare(
    conn: &mut Conn,
    layout: &Layout,
    unwanted: Unwanted,
) -> Result<EntityTable, Error> {
    let entity = crate::sql::checked(&layout.entity)?;
    let sql = "SELECT searched, words, generation, words_generation FROM entity_tables WHERE entity = $1";
    let known_table = conn.row(sql, binds![entity]).await?;
    let mut table = match &known_table {
        Some(row) => EntityTable::new(entity, row.int(2)?, row.int(3)?),
        None => EntityTable::new(entity, 0, 0),
    };
    if known_table.is_none() {
        for statement in ddl::create(&table, conn.dialect()) {
            conn.run(statement, vec![]).await?;
        }
        let sql = "INSERT INTO entity_tables (entity, table_name, searched, words) VALUES ($1, $2, '[]', $3)";
        conn.run(sql, binds![&table.entity, &table.table, words::READY]).await?;
    }
    let empty = conn.row(format!("SELECT id FROM \"{}\" LIMIT 1", table.table), vec![]).await?.is_none();
    let widened = prepare_columns(conn, layout, (&mut table, empty), unwanted).await?;
    let forget = unwanted == Unwanted::Forget;
    let linked = links::prepare(conn, layout, (&mut table, empty), forget).await?;
    let changed = keys::prepare(conn, layout, (&mut table, empty), forget).await? || linked || widened;
    let before = known_table
        .map(|row| Ok::<(Vec<Column>, String), Error>((row.json(0)?, row.text(1)?)))
        .transpose()?;
    let (searched, state) = before.unwrap_or((Vec::new(), words::READY.to_owned()));
    // Words of an older engine are kept otherwise and are cut again.
    let outdated = !matches!(state.as_str(), words::READY | "filling");
    let kept = unwanted == Unwanted::Keep && layout.searched.is_empty();
    let wanted = if kept { &searched } else { &layout.searched };
    let reworded = searched != *wanted || outdated;
    if reworded {
        for statement in ddl::words(&table, conn.dialect(), searched.is_empty(), wanted.is_empty()) {
            conn.run(statement, vec![]).await?;
        }
    }
    table.searched.clone_from(wanted);
    table.words_ready = (state == words::READY && !reworded) || empty || wanted.is_empty();
    if reworded || changed {
        let sql = "UPDATE entity_tables SET searched = $2, words = $3, cursor = NULL WHERE entity = $1";
        let state = if table.words_ready { words::READY } else { "filling" };
        conn.run(sql, vec![(&table.entity).into(), json_text(&table.searched), state.into()]).await?;
    }
    Ok(table)
}

/// Adds what is wanted and new, and forgets what is no longer wanted; says whether old records must be filled.
async fn prepare_columns(
    conn: &mut Conn,
    layout: &Layout,
    (table, empty): (&mut EntityTable, bool),
    unwanted: Unwanted,
) -> Result<bool, Error> {
    let mut known = known_columns(conn, &table.entity).await?;
    let mut changed = false;
    for promotion in layout.promoted.iter().filter(|promotion| promotion.column.part != Part::System) {
        let Some(storage) = Storage::of(&promotion.column.shape) else { continue };
        crate::sql::checked(&promotion.column.field)?;
        let mut promotion = promotion.clone();
        let mut column = Promoted::new(&promotion, storage);
        if table.columns.iter().any(|other| other.name == column.name) {
            continue;
        }
        let before = known.remove(&column.name);
        let stays_unique = before.as_ref().is_some_and(|before| {
            before.unique && before.storage == column.code() && before.state == "ready"
        });
        if unwanted == Unwanted::Keep && stays_unique && !promotion.unique {
            promotion.unique = true;
            column = Promoted::new(&promotion, storage);
        }
        let definition = serde_json::to_string(&promotion).unwrap_or_default();
        column.ready = match &before {
            Some(before) if before.storage == column.code() => {
                before.state == "ready" && before.unique == promotion.unique
            }
            _ => false,
        } || empty;
        if before.as_ref().is_none_or(|before| before.column != definition || before.state != state(&column))
        {
            add_column(conn, table, &column, before.as_ref()).await?;
            save_promotion(conn, table, &column, &definition).await?;
            changed |= !column.ready && before.is_none_or(|before| before.state != "filling");
        }
        table.columns.push(column);
    }
    for (name, known) in known.into_iter().filter(|(_, known)| known.state != "unwanted") {
        // What is not whole no release stands on.
        if unwanted == Unwanted::Keep && known.state == "ready" {
            let mut column = promoted(&known.column)?;
            column.ready = true;
            table.columns.push(column);
            continue;
        }
        drop_indexes_on(conn, table, &promoted(&known.column)?).await?;
        let sql = "UPDATE promotions SET state = 'unwanted' WHERE entity = $1 AND name = $2";
        conn.run(sql, binds![&table.entity, &name]).await?;
    }
    Ok(changed)
}

/// A column as its kept definition says.
fn promoted(definition: &str) -> Result<Promoted, Error> {
    let promotion: Promotion =
        serde_json::from_str(definition).map_err(|error| Error::Damaged(format!("a promotion: {error}")))?;
    let storage = Storage::of(&promotion.column.shape)
        .ok_or_else(|| Error::Damaged(format!("a promotion of `{}`", promotion.column.field)))?;
    Ok(Promoted::new(&promotion, storage))
}

fn state(column: &Promoted) -> &'static str {
    if column.ready { "ready" } else { "filling" }
}

async fn add_column(
    conn: &mut Conn,
    table: &EntityTable,
    column: &Promoted,
    before: Option<&Known>,
) -> Result<(), Error> {
    let dialect = conn.dialect();
    let same = before.is_some_and(|before| before.storage == column.code());
    let had_unique = before.is_some_and(|before| before.unique);
    if before.is_some() && (!same || (had_unique && column.unique_name.is_none())) {
        drop_indexes_on(conn, table, column).await?;
    }
    if before.is_some() && !same {
        for statement in ddl::drop_column(
            table,
            column,
            before.is_some_and(|before| before.storage.starts_with("text")),
            had_unique,
        ) {
            conn.run(statement, vec![]).await?;
        }
    }
    if !same {
        for statement in ddl::add_column(table, column, dialect) {
            conn.run(statement, vec![]).await?;
        }
    }
    if column.unique_name.is_some() && !(same && had_unique) {
        conn.run(ddl::add_unique_column(table, column, dialect), vec![]).await?;
    }
    if same && had_unique && column.unique_name.is_none() {
        conn.run(ddl::drop_unique_column(table, column), vec![]).await?;
    }
    Ok(())
}

pub(crate) async fn save_promotion(
    conn: &mut Conn,
    table: &EntityTable,
    column: &Promoted,
    definition: &str,
) -> Result<(), Error> {
    let sql = "INSERT INTO promotions (entity, name, sort_name, definition, storage, is_unique, state) \
               VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (entity, name) DO UPDATE SET \
               sort_name = excluded.sort_name, definition = excluded.definition, storage = excluded.storage, \
               is_unique = excluded.is_unique, state = excluded.state";
    let values = binds![
        &table.entity,
        &column.name,
        &column.sort_name,
        definition,
        column.code(),
        column.unique_name.is_some(),
        state(column),
    ];
    conn.rows(sql, values).await.map(drop)
}

/// Drops the indexes that name a column, and the unique index of its field.
async fn drop_indexes_on(conn: &mut Conn, table: &EntityTable, column: &Promoted) -> Result<(), Error> {
    let rows = conn
        .rows("SELECT name, columns FROM entity_indexes WHERE entity = $1", binds![&table.entity])
        .await?;
    let sort_name = ddl::sort_name(column);
    for row in rows {
        let columns: Vec<String> = row.json(1)?;
        if columns.iter().any(|name| *name == column.name || *name == sort_name) {
            let index = row.text(0)?;
            conn.run(format!("DROP INDEX IF EXISTS \"{index}\""), vec![]).await?;
            conn.run("DELETE FROM entity_indexes WHERE name = $1", binds![index]).await?;
        }
    }
    let unique = unique_index(table, column);
    conn.rows(format!("DROP INDEX IF EXISTS \"{unique}\""), vec![]).await.map(drop)
}
