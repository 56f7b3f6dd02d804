//! Values that go into statements and rows that come back, the same for both databases.

use kezhi_types::{Id, Timestamp};
use sea_orm::sqlx::{self, Row as _, postgres};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::Error;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// How a statement that stores several new rows begins. Where it is refused its transaction is taken back; SQLite, which
    /// would keep a copy of every page to take back the statement alone, is told so.
    pub fn insert(self) -> &'static str {
        match self {
            Self::Sqlite => "INSERT OR FAIL",
            Self::Postgres => "INSERT",
        }
    }
}

/// One bound value. Instants, numbers and booleans are `Int`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind {
    Int(Option<i64>),
    Text(Option<String>),
    Id(Option<Id>),
    /// A JSON document for a `JSONB` column of PostgreSQL and a text column of SQLite.
    Json(String),
    /// A list of texts, PostgreSQL only.
    Texts(Vec<String>),
}

impl From<i64> for Bind {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}
impl From<u32> for Bind {
    fn from(value: u32) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}
impl From<bool> for Bind {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}
impl From<Timestamp> for Bind {
    fn from(value: Timestamp) -> Self {
        Self::Int(Some(value.0))
    }
}
impl From<Option<Timestamp>> for Bind {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Int(value.map(|at| at.0))
    }
}
impl From<Option<i64>> for Bind {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}
impl From<&str> for Bind {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}
impl From<&String> for Bind {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}
impl From<String> for Bind {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}
impl From<Option<String>> for Bind {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}
impl From<&Option<String>> for Bind {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}
impl From<Option<&str>> for Bind {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}
impl From<Id> for Bind {
    fn from(value: Id) -> Self {
        Self::Id(Some(value))
    }
}
impl From<Option<Id>> for Bind {
    fn from(value: Option<Id>) -> Self {
        Self::Id(value)
    }
}

/// A list of [`Bind`]s from mixed values.
macro_rules! binds {
    ($($value:expr),* $(,)?) => { vec![$($crate::bind::Bind::from($value)),*] };
}
pub(crate) use binds;

type PgQuery<'q> = sqlx::query::Query<'q, sqlx::Postgres, postgres::PgArguments>;

pub(crate) fn bind_postgres(query: PgQuery<'_>, bind: Bind) -> PgQuery<'_> {
    match bind {
        Bind::Int(value) => query.bind(value),
        Bind::Text(value) => query.bind(value),
        Bind::Id(value) => query.bind(value.map(|id| id.0)),
        Bind::Json(text) => {
            let raw = RawValue::from_string(text).expect("the engine serialised this document itself");
            query.bind(sqlx::types::Json(raw))
        }
        Bind::Texts(texts) => query.bind(texts),
    }
}

/// One row, its values copied out of the database's memory.
pub(crate) type SqliteRow = Box<[Cell]>;

/// One value as SQLite holds it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Cell {
    pub fn int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub fn id(&self) -> Option<Id> {
        match self {
            Self::Blob(bytes) => uuid::Uuid::from_slice(bytes).ok().map(Id),
            _ => None,
        }
    }
}

/// One row, read by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(postgres::PgRow),
}

/// A value of the row as SQLite's [`Cell`] or as what PostgreSQL's driver makes of it.
macro_rules! read {
    ($self:expr, $at:expr, $cell:expr, $type:ty) => {
        match $self {
            Row::Sqlite(cells) => match cells.get($at) {
                Some(Cell::Null) => Ok(None),
                Some(cell) => $cell(cell).map(Some).ok_or_else(|| damaged($at, format!("{cell:?}"))),
                None => Err(damaged($at, "there is none")),
            },
            Row::Postgres(row) => row.try_get::<Option<$type>, _>($at).map_err(|error| damaged($at, error)),
        }
    };
}

fn damaged(at: usize, what: impl std::fmt::Display) -> Error {
    Error::Damaged(format!("column {at}: {what}"))
}

fn there<T>(at: usize, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| damaged(at, "null"))
}

impl Row {
    pub fn int(&self, at: usize) -> Result<i64, Error> {
        there(at, self.maybe_int(at)?)
    }

    pub fn maybe_int(&self, at: usize) -> Result<Option<i64>, Error> {
        read!(self, at, Cell::int, i64)
    }

    pub fn bool(&self, at: usize) -> Result<bool, Error> {
        Ok(self.int(at)? != 0)
    }

    pub fn at(&self, at: usize) -> Result<Timestamp, Error> {
        self.int(at).map(Timestamp)
    }

    pub fn maybe_at(&self, at: usize) -> Result<Option<Timestamp>, Error> {
        Ok(self.maybe_int(at)?.map(Timestamp))
    }

    pub fn text(&self, at: usize) -> Result<String, Error> {
        there(at, self.maybe_text(at)?)
    }

    pub fn maybe_text(&self, at: usize) -> Result<Option<String>, Error> {
        read!(self, at, |cell: &Cell| cell.text().map(str::to_owned), String)
    }

    /// A text where it lies.
    pub fn str(&self, at: usize) -> Result<&str, Error> {
        there(at, read!(self, at, Cell::text, &str)?)
    }

    pub fn id(&self, at: usize) -> Result<Id, Error> {
        there(at, self.maybe_id(at)?)
    }

    pub fn maybe_id(&self, at: usize) -> Result<Option<Id>, Error> {
        let uuid = |cell: &Cell| cell.id().map(|id| id.0);
        Ok(read!(self, at, uuid, uuid::Uuid)?.map(Id))
    }

    /// A JSON document kept as text on both databases, and so in its own order.
    pub fn json<T: DeserializeOwned>(&self, at: usize) -> Result<T, Error> {
        serde_json::from_str(self.str(at)?).map_err(|error| damaged(at, error))
    }

    /// A document of a record: text in SQLite, `JSONB` in PostgreSQL.
    pub fn document<T: DeserializeOwned>(&self, at: usize) -> Result<T, Error> {
        match self {
            Self::Sqlite(_) => self.json(at),
            Self::Postgres(row) => {
                let raw =
                    row.try_get::<sqlx::types::Json<&RawValue>, _>(at).map_err(|error| damaged(at, error))?;
                serde_json::from_str(raw.0.get()).map_err(|error| damaged(at, error))
            }
        }
    }

    /// The text of a document of a record.
    pub fn document_text(&self, at: usize) -> Result<String, Error> {
        match self {
            Self::Sqlite(_) => self.text(at),
            Self::Postgres(row) => {
                let raw =
                    row.try_get::<sqlx::types::Json<&RawValue>, _>(at).map_err(|error| damaged(at, error))?;
                Ok(raw.0.get().to_owned())
            }
        }
    }

    /// An enumeration stored by its published name.
    pub fn name<T: DeserializeOwned>(&self, at: usize) -> Result<T, Error> {
        let text = self.text(at)?;
        serde_json::from_value(serde_json::Value::String(text)).map_err(|error| damaged(at, error))
    }
}

/// The published name of an enumeration's variant.
pub(crate) fn name_of<T: Serialize>(value: &T) -> Bind {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Bind::from(text),
        _ => Bind::Text(None),
    }
}

/// A document as JSON text, for a text column.
pub(crate) fn json_text<T: Serialize>(value: &T) -> Bind {
    Bind::from(serde_json::to_string(value).unwrap_or_else(|_| "null".into()))
}

/// `($1, $2), ($3, $4)` for rows of equal width.
pub(crate) fn places(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 5);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            if column > 1 {
                text.push(',');
            }
            text.push('$');
            text.push_str(&(row * columns + column).to_string());
        }
        text.push(')');
    }
    text
}

/// Pieces of power-of-two length, at most 64, so that few statements need preparing.
pub(crate) fn pieces<T>(rest: &[T]) -> impl Iterator<Item = &[T]> {
    pieces_of(64, rest)
}

/// The same, of at most `most`, a power of two.
pub(crate) fn pieces_of<T>(most: usize, mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = rest.len().checked_ilog2().map_or(0, |power| 1 << power).min(most);
        let (piece, after) = rest.split_at(length);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}
