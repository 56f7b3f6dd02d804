//! A checked question for records. Made by `plan` from what a caller asked and may see; there are no
//! strings left to trust: every field is known to the entity.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Op;
use crate::id::Id;
use crate::share::Access;
use crate::time::Timestamp;

/// How a column of a record compares and sorts. Decides the promoted column's type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Text; compared by code points, sorted by `sort` key.
    Text,
    /// A whole number.
    Integer,
    /// A decimal with this many decimals, compared as a scaled integer.
    Decimal {
        /// Decimals.
        scale: u32,
    },
    /// True or false.
    Boolean,
    /// `2026-03-01`; compares as text.
    Date,
    /// `1990-05-15`, `1990-L05-15`: a leap month comes after the month of its name.
    Lunar,
    /// An instant; stored as milliseconds.
    Instant,
    /// A record's or person's id.
    Reference,
    /// A choice or grade letter, sorted by its place in the options, compared as text.
    Option {
        /// The options in order.
        order: Vec<String>,
    },
    /// A list of texts.
    List,
    /// A list of ids of records, whose links are kept in a table of their own.
    Links,
    /// Rows of a sub-table or any other JSON; not comparable.
    Json,
}

/// Where a value of a record lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    /// The field's key, or a system key (`id version created_at created_by updated_at updated_by owner department`).
    pub field: String,
    /// In which part of the record it lies.
    pub part: Part,
    /// How it compares.
    pub shape: Shape,
}

/// A part of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// A column of every entity.
    System,
    /// The authored document.
    Data,
    /// The divisions inside an address: `data.<field>.region`.
    Region,
    /// The derived document.
    Derived,
    /// The letter inside a grade: `derived.<field>.letter`.
    GradeLetter,
    /// The score inside a grade: `derived.<field>.score`.
    GradeScore,
}

/// A condition whose fields, operators and literals have been checked and whose references are resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Filter {
    /// Every part holds.
    All(Vec<Filter>),
    /// At least one part holds.
    Any(Vec<Filter>),
    /// The part does not hold (plain negation: a leaf is true or false, never unknown).
    Not(Box<Filter>),
    /// One column compared.
    Compare {
        /// To-one relations walked first: `(column of the relation, entity it leads to)`.
        path: Vec<(Column, String)>,
        /// The column compared at the end of the path.
        column: Column,
        /// The comparison; durations have been turned into `gte` and `lte` bounds.
        op: Op,
        /// The value in the JSON form of the field's kind; an array for `in`, `not_in`, `has_any`, `has_all`.
        value: Value,
    },
    /// Rows of another entity that point here.
    Related {
        /// Entity of the rows.
        entity: String,
        /// Their relation to this record, or their many relations with it among them.
        via: Column,
        /// Which rows count; `None` for all.
        filter: Option<Box<Filter>>,
        /// How the number of rows is compared: some is `gte 1`, every is `eq 0` of the negated filter.
        op: Op,
        /// With what.
        value: i64,
    },
    /// Records that a field of many relations names.
    Linked {
        /// The field.
        column: Column,
        /// Entity of the records.
        entity: String,
        /// Which of them count; `None` for all.
        filter: Option<Box<Filter>>,
        /// How the number of records is compared.
        op: Op,
        /// With what.
        value: i64,
    },
    /// Rows of a `table` field.
    Rows {
        /// The table.
        column: Column,
        /// Which rows count; its columns have [`Part::Data`] and name keys of the row.
        filter: Option<Box<Filter>>,
        /// How the number of rows is compared.
        op: Op,
        /// With what.
        value: i64,
    },
    /// Records that are shared, one by one, with somebody.
    Shared {
        /// To-one relations walked first.
        path: Vec<(Column, String)>,
        /// Entity of the records that are shared.
        entity: String,
        /// With any of these; see [`crate::share`].
        with: Vec<String>,
        /// What the share must allow at least.
        access: Access,
        /// The instant at which it must not have ended.
        at: Timestamp,
    },
}

/// One sort key. Absent values come last in both directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sort {
    /// To-one relations walked first: `(column of the relation, entity it leads to)`.
    #[serde(default)]
    pub path: Vec<(Column, String)>,
    /// What to sort by, at the end of the path.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
    /// On rows that do not fulfil it the value counts as absent; `None` where it may be seen on every row.
    #[serde(default)]
    pub visible: Option<Filter>,
}

/// How the total is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountMode {
    /// Not at all.
    None,
    /// Exact up to 1,000, then “capped”.
    #[default]
    Capped,
    /// Exact.
    Exact,
}

/// A page of one entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The entity.
    pub entity: String,
    /// Which records, row scope included.
    pub filter: Option<Filter>,
    /// Words to find; then records come by rank where there is no `sort`, and at most the newest 1,000.
    pub words: Option<Search>,
    /// At most four keys; `id` decides ties and is added by the store.
    pub sort: Vec<Sort>,
    /// At most 500.
    pub limit: u32,
    /// Continue after this position: the sort values of the last record and its id.
    pub after: Option<Position>,
    /// How the total is wanted.
    pub count: CountMode,
    /// The recycle bin instead of the living.
    pub bin: bool,
}

/// Words to find, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// What was typed; cut into words by the store.
    pub text: String,
    /// The fields that may be asked.
    pub fields: Vec<SearchedField>,
    /// Whether everything is wanted; else the newest thousand that match are enough.
    pub whole: bool,
}

/// A field whose words are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchedField {
    /// The field, as the layout names it.
    pub column: Column,
    /// Whether it leads a record; such matches rank first.
    pub leading: bool,
    /// On rows that do not fulfil it the field counts as absent; `None` where it may be seen on every row.
    pub visible: Option<Filter>,
}

/// A place in a sorted list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The sort values of the last record, null where absent.
    pub values: Vec<Value>,
    /// Its id.
    pub id: Id,
}

/// How many records match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The number; 1,000 when capped.
    pub value: i64,
    /// Exact or capped.
    pub kind: CountKind,
}

/// Whether a [`Count`] is the whole truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountKind {
    /// Exactly so many.
    Exact,
    /// At least so many.
    Capped,
}

/// What a rollup asks of the records that point at a parent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollupQuery {
    /// Entity of the children.
    pub entity: String,
    /// Their relation to the parent.
    pub via: Column,
    /// What to aggregate.
    pub aggregate: Aggregate,
    /// The field aggregated; `None` for count.
    pub column: Option<Column>,
    /// For `last`: the column that decides which is last.
    pub by: Option<Column>,
    /// Which children count.
    pub filter: Option<Filter>,
}

/// The aggregates of rollups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Last,
}

/// A typed column beside the document, or a table of links, wanted by the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// What it copies.
    pub column: Column,
    /// Whether it stands for uniqueness among living records.
    pub unique: bool,
    /// Whether unique compares the digits only, as for phones; else the trimmed text.
    #[serde(default)]
    pub digits: bool,
}

/// Values by which records of an entity are compared, so that those that may be the same are found at once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Matching {
    /// The field.
    pub column: Column,
    /// Of a sub-table: the column whose values count.
    #[serde(default)]
    pub within: Option<String>,
    /// How its values are compared.
    pub by: Comparison,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// As they are; texts trimmed, in one width and case.
    Exact,
    /// By the digits of a telephone number.
    Phone,
    /// By a name without punctuation and forms of companies.
    Name,
    /// By how a name is read.
    Pinyin,
    /// By how much two texts have in common.
    Similar,
}

/// Everything the store must know of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The entity.
    pub entity: String,
    /// Its promoted columns; those of shape [`Shape::Links`] have a table of links.
    pub promoted: Vec<Promotion>,
    /// Indexes wanted: lists of promoted or system columns, the id always last.
    pub indexes: Vec<Vec<String>>,
    /// Fields whose words are searched.
    pub searched: Vec<Column>,
    /// What records are compared by.
    #[serde(default)]
    pub matched: Vec<Matching>,
}

/// The instant at which a question is asked, passed in so that answers are repeatable.
pub type Now = Timestamp;
