//! What people see: forms, views, messages and menus.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;

/// A file in `forms/`: layout only, in the vocabulary of JSON Forms' UI schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity it enters.
    pub entity: String,
    /// Where the fields stand.
    pub layout: LayoutElement,
    /// What this form narrows, field by field.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, FormFieldDef>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// One element of a layout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutElement {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: LayoutKind,
    /// Of a group, category or control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a control: `#/properties/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Of a control: `{"span": 12}` and the like, for the renderer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<IndexMap<String, Value>>,
    /// Of everything that holds others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<LayoutElement>,
}

/// The elements of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "JSON Forms' own names")]
pub enum LayoutKind {
    VerticalLayout,
    HorizontalLayout,
    Group,
    Categorization,
    Category,
    Control,
    Label,
}

/// What a form narrows of a field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormFieldDef {
    /// Required here although the entity does not ask for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// Not to be changed here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub readonly: bool,
    /// Not shown here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// The value a new record starts with here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Shown under the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A file in `views/`: how many records are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity it shows.
    pub entity: String,
    /// How.
    #[serde(rename = "type")]
    pub kind: ViewKind,
    /// Which records.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// At most four keys, `-amount` for descending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sort: Vec<String>,
    /// Which fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ViewColumn>,
    /// Of a board: the choice or grade whose options are its lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Of a calendar: where an entry begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Of a calendar: where an entry ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Of a gallery: the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// How records are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum ViewKind {
    Table,
    Board,
    Calendar,
    Gallery,
}

/// One column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewColumn {
    /// The field.
    pub field: String,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

/// A file in `messages/`; its text is the `.j2` file beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// The entity whose record fills it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Ways to send it.
    pub channels: Vec<Channel>,
    /// A MiniJinja template of one line.
    pub subject: String,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A way to send a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "there is one so far")]
pub enum Channel {
    Email,
}

/// A file in `menus/`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What people call it.
    pub title: String,
    /// Its entries.
    pub items: Vec<MenuItem>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// One entry of a menu: a view, a form or a group of entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuItem {
    /// What people call it; the title of the target when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Name of an icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Key of a view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// Key of a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// A group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<MenuItem>,
}

fn is_false(value: &bool) -> bool {
    !value
}
