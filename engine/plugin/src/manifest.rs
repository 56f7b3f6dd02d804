//! What a plugin says of itself in `plugin.json`, so that it can be known without being run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A `plugin.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginManifest {
    /// Its key, the name of its folder.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// A semantic version.
    pub version: String,
    /// Keys of the channels that it offers.
    #[serde(default)]
    pub channels: Vec<String>,
    /// The JSON Schema of its settings.
    #[serde(default)]
    pub settings: Value,
    /// What it asks for: `network:smtp`, `files:outbox`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Titles in other languages: language to path to text.
    #[serde(default)]
    pub translations: BTreeMap<String, BTreeMap<String, String>>,
}
