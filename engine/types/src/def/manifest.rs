//! Manifests: who and what a template is.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestDef {
    /// For editors; the engine drops it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The template's key: `^[a-z][a-z0-9-]{0,62}$`.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// One sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Its own version, semantic.
    pub version: String,
    /// Versions of the engine it works with: `>=0.1, <0.2`.
    pub engine: String,
    /// The language its titles are written in.
    #[serde(default = "chinese")]
    pub language: String,
    /// The zone of “today”: an IANA name; `Asia/Shanghai` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The currency of money fields that name none; `CNY` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requires>,
    /// Which data are samples, and as of which day they were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleDef>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// An SPDX identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// For authors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// What a template stands on: keys to version requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Requires {
    /// Plugins.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub plugins: IndexMap<String, String>,
    /// Other templates.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub templates: IndexMap<String, String>,
}

/// Which files of `data/` are samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleDef {
    /// The day the data were made for; on install every date moves so that this day becomes today.
    pub as_of: String,
    /// Entities whose rows are samples, in the order in which they are loaded.
    pub files: Vec<String>,
}

fn chinese() -> String {
    "zh-CN".to_owned()
}
