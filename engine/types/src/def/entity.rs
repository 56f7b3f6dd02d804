//! Entities: JSON Schemas with a small vocabulary of `x-` keywords.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::duplicates::DuplicateDef;
use super::origin::FromDef;
use crate::condition::Condition;
use crate::query::Aggregate;

/// A file in `entities/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// Always `object`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ObjectType>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The field that names a record; the first text field when absent.
    #[serde(rename = "x-title-field", default, skip_serializing_if = "Option::is_none")]
    pub title_field: Option<String>,
    /// Whether records belong to a person.
    #[serde(rename = "x-owner", default, skip_serializing_if = "is_false")]
    pub owner: bool,
    /// Lists of fields to promote and index together.
    #[serde(rename = "x-indexes", default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Vec<String>>,
    /// When two records are the same, and what happens then.
    #[serde(rename = "x-duplicates", default, skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<DuplicateDef>,
    /// Fields without which a record is not saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// The fields, in the order in which people see them.
    pub properties: IndexMap<String, FieldDef>,
    /// The key it had before; a reviewed step of a release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// `"type": "object"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "there is one")]
pub enum ObjectType {
    Object,
}

/// One field. Which keywords a kind takes is checked by the compiler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDef {
    /// What people call it.
    pub title: String,
    /// What it holds.
    #[serde(rename = "x-kind")]
    pub kind: FieldKind,
    /// The JSON type, for other validators; must agree with the kind.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub json_type: Option<String>,
    /// The JSON Schema format, for other validators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Shown as help under the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Keys of the options of `choice`, `choices`, `tags`.
    #[serde(rename = "enum", default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// What people call the options.
    #[serde(rename = "x-labels", default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// Of a `table`: the shape of a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<RowDef>>,
    /// Fewest characters of a text.
    #[serde(rename = "minLength", default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Most characters of a text.
    #[serde(rename = "maxLength", default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// A regular expression that a text must match somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Smallest integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// Largest integer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// Fewest items of a list or rows of a table.
    #[serde(rename = "minItems", default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    /// Most items of a list or rows of a table.
    #[serde(rename = "maxItems", default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// Smallest money, decimal or percent, as decimal text.
    #[serde(rename = "x-minimum", default, skip_serializing_if = "Option::is_none")]
    pub decimal_minimum: Option<String>,
    /// Largest money, decimal or percent, as decimal text.
    #[serde(rename = "x-maximum", default, skip_serializing_if = "Option::is_none")]
    pub decimal_maximum: Option<String>,
    /// Decimals of money (2), decimal (4) and percent (2); at most 6.
    #[serde(rename = "x-scale", default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Of a `rating`: the best; 5 when absent, at most 10.
    #[serde(rename = "x-max", default, skip_serializing_if = "Option::is_none")]
    pub best: Option<u32>,
    /// Of files: the most bytes of one.
    #[serde(rename = "x-max-size", default, skip_serializing_if = "Option::is_none")]
    pub max_size: Option<u64>,
    /// Of files: the media types taken, such as `application/pdf` or `image/*`.
    #[serde(rename = "x-types", default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// ISO 4217 code of money; the workspace's when absent.
    #[serde(rename = "x-currency", default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Value of a new record; a literal, `{"ref": "caller.id" · "today" · "now"}` or `{"expr": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether search finds a record by this field.
    #[serde(rename = "x-search", default, skip_serializing_if = "is_false")]
    pub search: bool,
    /// Whether no two living records may share a value.
    #[serde(rename = "x-unique", default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether to promote and index it although nothing names it.
    #[serde(rename = "x-index", default, skip_serializing_if = "is_false")]
    pub index: bool,
    /// How sensitive it is.
    #[serde(rename = "x-sensitivity", default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// When it is shown.
    #[serde(rename = "x-show", default, skip_serializing_if = "Option::is_none")]
    pub show: Option<Condition>,
    /// What happens to its value while hidden.
    #[serde(rename = "x-on-hide", default, skip_serializing_if = "Option::is_none")]
    pub on_hide: Option<OnHide>,
    /// When it is required.
    #[serde(rename = "x-require", default, skip_serializing_if = "Option::is_none")]
    pub require: Option<Condition>,
    /// When it cannot be changed.
    #[serde(rename = "x-readonly", default, skip_serializing_if = "Option::is_none")]
    pub readonly: Option<Condition>,
    /// Which options are offered when, or which records a relation offers.
    #[serde(rename = "x-options", default, skip_serializing_if = "Option::is_none")]
    pub narrowed: Option<Narrowed>,
    /// Of a `relation` and of `relations`.
    #[serde(rename = "x-relation", default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationDef>,
    /// Of a `serial`: `KH-{yyyy}{mm}-{seq:5}`.
    #[serde(rename = "x-serial", default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Of a `serial`.
    #[serde(rename = "x-serial-mode", default, skip_serializing_if = "Option::is_none")]
    pub serial_mode: Option<SerialMode>,
    /// Of a `computed`: an expression.
    #[serde(rename = "x-compute", default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<String>,
    /// Of a `computed`: the kind of its result; decimal when absent.
    #[serde(rename = "x-result", default, skip_serializing_if = "Option::is_none")]
    pub result: Option<FieldKind>,
    /// Of a `rollup`.
    #[serde(rename = "x-rollup", default, skip_serializing_if = "Option::is_none")]
    pub rollup: Option<RollupDef>,
    /// Of a `lookup`: what it reads of the record that a relation leads to.
    #[serde(rename = "x-lookup", default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<LookupDef>,
    /// Of a `grade`: key of its grade.
    #[serde(rename = "x-grade", default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<String>,
    /// Where its values come from when the release that brings it goes live; afterwards it says nothing.
    #[serde(rename = "x-from", default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FromDef>,
    /// The key it had before; the same as `x-from` with that field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// The shape of a row of a sub-table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowDef {
    /// Always `object`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ObjectType>,
    /// Columns without which a row is not saved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// The columns; no table, rollup, grade or serial among them.
    pub properties: IndexMap<String, FieldDef>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "definitions.md has the table of kinds")]
pub enum FieldKind {
    Text,
    LongText,
    RichText,
    Integer,
    Decimal,
    Percent,
    Money,
    Rating,
    Boolean,
    Choice,
    Choices,
    Tags,
    Cascade,
    Date,
    Datetime,
    Time,
    LunarDate,
    Duration,
    Phone,
    Email,
    Url,
    IdCard,
    CompanyCode,
    Barcode,
    Color,
    Serial,
    Secret,
    Person,
    People,
    Department,
    Departments,
    Relation,
    Relations,
    Address,
    Location,
    Json,
    Attachment,
    Image,
    Signature,
    Table,
    Computed,
    Rollup,
    Lookup,
    Grade,
}

/// How sensitive a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Sensitivity {
    Public,
    Internal,
    Personal,
    Sensitive,
    Secret,
}

/// What happens to the value of a hidden field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnHide {
    /// Stores null.
    #[default]
    Clear,
    /// Stores what was sent.
    Keep,
    /// Drops what was sent and keeps what was stored.
    Ignore,
}

/// Which options are offered when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Narrowed {
    /// Of choices: the first case that holds; all options when none does.
    Cases(Vec<OptionCase>),
    /// Of relations.
    Records(RecordFilter),
}

/// `{"when": …, "only": ["a", "b"]}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionCase {
    /// When it applies.
    pub when: Condition,
    /// The options that remain.
    pub only: Vec<String>,
}

/// `{"where": …}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordFilter {
    /// Which records are offered; `{"ref": "record.x"}` names the record that is being edited.
    #[serde(rename = "where")]
    pub condition: Condition,
}

/// Of a `relation` and of `relations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationDef {
    /// Where it leads.
    pub entity: String,
    /// What happens here when the record there is deleted.
    #[serde(default)]
    pub on_delete: OnDelete,
}

/// What happens to a record when the one it points at is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The deletion is refused.
    #[default]
    Refuse,
    /// The relation becomes empty; of `relations` the record is taken out of the list.
    Clear,
    /// The record is deleted too.
    Cascade,
}

/// How serial numbers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SerialMode {
    /// Taken in a transaction of its own; gaps are possible.
    #[default]
    Monotonic,
    /// Taken in the record's transaction; no gaps.
    GapFree,
}

/// Of a `rollup`: an aggregate over the records that point here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollupDef {
    /// Entity of the records.
    pub entity: String,
    /// Their relation to this entity.
    pub via: String,
    /// What to aggregate.
    pub aggregate: Aggregate,
    /// The field aggregated; none for count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Of `last`: the field that decides which is last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Which records count.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// Of a `lookup`: read through a relation whenever it is asked for, never stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupDef {
    /// A to-one relation of this entity.
    pub via: String,
    /// A field of the record that it leads to.
    pub field: String,
}

fn is_false(value: &bool) -> bool {
    !value
}
