//! A statement in the making: numbered binds, table aliases, and where each column of a record is to be read.
//!
//! Values are always bound. Names come from checked keys only and are quoted.

use std::sync::Arc;

use kezhi_types::query::{Column, Part};

use crate::bind::{Bind, Dialect};
use crate::catalog::{Catalog, EntityTable};
use crate::error::Error;
use crate::promote::Storage;

/// Binds, aliases and the tables they stand for.
pub(crate) struct Sql {
    pub dialect: Dialect,
    pub catalog: Arc<Catalog>,
    pub binds: Vec<Bind>,
    aliases: usize,
}

/// What a column is a column of.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A record's table under an alias.
    Table { alias: String, table: Arc<EntityTable> },
    /// A row of a `table` field, whose JSON is `<alias>.value`.
    Row { alias: String },
    /// What a statement has computed.
    Computed { columns: Vec<Computed> },
}

/// One computed value, by the name under which a filter asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Computed {
    pub name: String,
    pub expression: String,
    pub form: Form,
}

/// Where a value is read and how it compares.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub expression: String,
    pub form: Form,
    /// The sort key's column, where it differs.
    pub sorted: Option<String>,
    pub nullable: bool,
}

/// How a value compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Stored(Storage),
    /// An instant read from JSON, where its text sorts as time does.
    InstantText,
    /// A JSON document; only emptiness and membership can be asked.
    Document,
}

impl Sql {
    pub fn new(dialect: Dialect, catalog: Arc<Catalog>) -> Self {
        Self { dialect, catalog, binds: Vec::new(), aliases: 0 }
    }

    /// Binds a value and answers its placeholder.
    pub fn bind(&mut self, value: impl Into<Bind>) -> String {
        self.binds.push(value.into());
        format!("${}", self.binds.len())
    }

    /// Placeholders for a list, padded so that few statements need preparing.
    pub fn bind_all(&mut self, mut values: Vec<Bind>) -> String {
        if let Some(last) = values.last().cloned() {
            values.resize(values.len().next_power_of_two(), last);
        }
        values.into_iter().map(|value| self.bind(value)).collect::<Vec<_>>().join(", ")
    }

    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    /// A table of an entity under an alias of its own.
    pub fn source(&mut self, entity: &str) -> Result<Source, Error> {
        let table = self.catalog.entity(entity)?.clone();
        Ok(Source::Table { alias: self.alias(), table })
    }

    /// What links the records of a table to those that one of its fields names: an alias, and what stands in `FROM` for
    /// it, with the columns `record` and `target`. Read from the documents until the table of links is whole.
    pub fn links(&mut self, table: &EntityTable, column: &Column) -> Result<(String, String), Error> {
        let alias = self.alias();
        if let Some(linked) = table.linked(column) {
            return Ok((format!("\"{}\" {alias}", linked.table), alias));
        }
        let (row, item) = (self.alias(), self.alias());
        let key = checked(&column.field)?;
        let read = match self.dialect {
            Dialect::Sqlite => format!(
                "SELECT {row}.id AS record, unhex(REPLACE({item}.value, '-', '')) AS target FROM \"{}\" {row}, \
                 json_each({row}.data, '$.\"{key}\"') {item} WHERE json_type({row}.data, '$.\"{key}\"') = 'array'",
                table.table
            ),
            Dialect::Postgres => format!(
                "SELECT {row}.id AS record, (CASE WHEN {item}.value ~ '^[0-9a-f-]{{36}}$' THEN {item}.value::uuid END) AS target \
                 FROM \"{}\" {row}, jsonb_array_elements_text(CASE WHEN jsonb_typeof({row}.data->'{key}') = 'array' \
                 THEN {row}.data->'{key}' ELSE '[]'::jsonb END) {item}(value)",
                table.table
            ),
        };
        Ok((format!("({read}) {alias}"), alias))
    }

    /// Where a column of the source is read: the promoted column when ready, else the document.
    pub fn place(&self, source: &Source, column: &Column) -> Result<Place, Error> {
        if let Source::Computed { columns } = source {
            let known = columns.iter().find(|known| known.name == column.field);
            let known = known.ok_or_else(|| Error::Unsupported(format!("the value `{}`", column.field)))?;
            let Computed { expression, form, .. } = known.clone();
            return Ok(Place { expression, form, sorted: None, nullable: true });
        }
        if let (Source::Table { alias, .. }, Part::System) = (source, column.part) {
            return system(alias, &column.field);
        }
        if let Source::Table { alias, table } = source
            && let Some(known) = table.ready(column)
        {
            return Ok(Place {
                expression: format!("{alias}.\"{}\"", known.name),
                form: Form::Stored(known.storage),
                sorted: known.sort_name.as_ref().map(|name| format!("{alias}.\"{name}\"")),
                nullable: true,
            });
        }
        self.document_place(source, column)
    }

    /// Where a column at the end of a path of to-one relations is read; absent where no living record is reached.
    pub fn reached(
        &mut self,
        source: &Source,
        path: &[(Column, String)],
        column: &Column,
    ) -> Result<Place, Error> {
        let Some(((relation, entity), rest)) = path.split_first() else {
            return self.place(source, column);
        };
        let from = self.place(source, relation)?.expression;
        let target = self.source(entity)?;
        let Source::Table { alias, table } = &target else { unreachable!("a table was asked for") };
        let end = self.reached(&target, rest, column)?;
        let only = |text: &str| {
            format!(
                "(SELECT {text} FROM \"{}\" {alias} WHERE {alias}.id = {from} AND {alias}.deleted_at IS NULL)",
                table.table
            )
        };
        let sorted = end.sorted.as_deref().map(only);
        Ok(Place { expression: only(&end.expression), sorted, nullable: true, ..end })
    }

    fn document_place(&self, source: &Source, column: &Column) -> Result<Place, Error> {
        let form = match Storage::of(&column.shape) {
            Some(Storage::Millis) => Form::InstantText,
            Some(storage) => Form::Stored(storage),
            None => Form::Document,
        };
        let expression = match (self.dialect, form) {
            (Dialect::Sqlite, Form::Document) => self.raw(source, column)?,
            (Dialect::Sqlite, form) => from_sqlite(&self.raw(source, column)?, form),
            (Dialect::Postgres, Form::Document) => self.document(source, column)?,
            (Dialect::Postgres, form) => from_postgres(&self.raw(source, column)?, form),
        };
        Ok(Place { expression, form, sorted: None, nullable: true })
    }

    /// The value in the document as text or number of the database.
    fn raw(&self, source: &Source, column: &Column) -> Result<String, Error> {
        let (document, keys) = path(source, column)?;
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let path: String = keys.iter().map(|key| format!(".\"{key}\"")).collect();
                format!("json_extract({document}, '${path}')")
            }
            Dialect::Postgres => {
                let (last, before) = keys.split_last().expect("a path has a key");
                let steps: String = before.iter().map(|key| format!("->'{key}'")).collect();
                format!("({document}{steps}->>'{last}')")
            }
        })
    }

    /// The JSON in the document: for SQLite the two arguments of `json_each`, for PostgreSQL `jsonb`.
    pub fn document(&self, source: &Source, column: &Column) -> Result<String, Error> {
        let (document, keys) = path(source, column)?;
        Ok(match self.dialect {
            Dialect::Sqlite => {
                let path: String = keys.iter().map(|key| format!(".\"{key}\"")).collect();
                format!("{document}, '${path}'")
            }
            Dialect::Postgres => {
                let steps: String = keys.iter().map(|key| format!("->'{key}'")).collect();
                format!("({document}{steps})")
            }
        })
    }
}

fn path<'a>(source: &Source, column: &'a Column) -> Result<(String, Vec<&'a str>), Error> {
    let key = checked(&column.field)?;
    let own = |part: &str| match source {
        Source::Table { alias, .. } => format!("{alias}.{part}"),
        Source::Row { alias } => format!("{alias}.value"),
        Source::Computed { .. } => String::new(),
    };
    Ok(match column.part {
        Part::Data => (own("data"), vec![key]),
        Part::Derived => (own("derived"), vec![key]),
        Part::Region => (own("data"), vec![key, "region"]),
        Part::GradeLetter => (own("derived"), vec![key, "letter"]),
        Part::GradeScore => (own("derived"), vec![key, "score"]),
        Part::System => {
            return Err(Error::Unsupported(format!("the system field `{key}` of a sub-table's row")));
        }
    })
}

/// Refuses what is no key; nothing else ever becomes part of a statement's text.
pub(crate) fn checked(key: &str) -> Result<&str, Error> {
    let fits = key.len() <= 63
        && key.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if fits { Ok(key) } else { Err(Error::Unsupported(format!("the key `{key}`"))) }
}

fn system(alias: &str, field: &str) -> Result<Place, Error> {
    let (column, storage, nullable) = match field {
        "id" => ("id", Storage::Reference, false),
        "version" => ("version", Storage::Integer, false),
        "created_at" => ("created_at", Storage::Millis, false),
        "created_by" => ("created_by", Storage::Reference, true),
        "updated_at" => ("updated_at", Storage::Millis, false),
        "updated_by" => ("updated_by", Storage::Reference, true),
        "owner" => ("owner_id", Storage::Reference, true),
        "department" => ("department_id", Storage::Reference, true),
        "deleted_at" => ("deleted_at", Storage::Millis, true),
        other => return Err(Error::Unsupported(format!("the system field `{other}`"))),
    };
    Ok(Place { expression: format!("{alias}.{column}"), form: Form::Stored(storage), sorted: None, nullable })
}

/// [`crate::promote::lunar_key`] in SQL.
fn lunar_key(raw: &str) -> String {
    format!(
        "(CASE WHEN substr({raw}, 6, 1) = 'L' \
         THEN substr({raw}, 1, 5) || substr({raw}, 7, 2) || 'L' || substr({raw}, 9) ELSE {raw} END)"
    )
}

fn from_sqlite(raw: &str, form: Form) -> String {
    match form {
        Form::Stored(Storage::Integer | Storage::Boolean) => format!("CAST({raw} AS INTEGER)"),
        Form::Stored(Storage::Scaled(_)) => format!("CAST(REPLACE({raw}, '.', '') AS INTEGER)"),
        Form::Stored(Storage::Reference) => format!("unhex(REPLACE({raw}, '-', ''))"),
        Form::Stored(Storage::Lunar) => lunar_key(raw),
        _ => raw.to_owned(),
    }
}

fn from_postgres(raw: &str, form: Form) -> String {
    match form {
        Form::Stored(Storage::Integer) => {
            format!("(CASE WHEN {raw} ~ '^-?[0-9]{{1,18}}$' THEN {raw}::bigint END)")
        }
        Form::Stored(Storage::Boolean) => {
            format!("(CASE {raw} WHEN 'true' THEN 1::bigint WHEN 'false' THEN 0::bigint END)")
        }
        Form::Stored(Storage::Scaled(scale)) => {
            let factor = 10_i64.pow(scale.min(18));
            format!(
                "(CASE WHEN {raw} ~ '^-?[0-9]{{1,15}}(\\.[0-9]+)?$' THEN ({raw}::numeric * {factor})::bigint END)"
            )
        }
        Form::Stored(Storage::Reference) => {
            format!("(CASE WHEN {raw} ~ '^[0-9a-f-]{{36}}$' THEN {raw}::uuid END)")
        }
        Form::Stored(Storage::Lunar) => format!("({} COLLATE \"C\")", lunar_key(raw)),
        _ => format!("({raw} COLLATE \"C\")"),
    }
}
