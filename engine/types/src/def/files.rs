//! The folder that a template, an export, a draft and a release all are: paths to texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The kinds of definition, each a folder of JSON files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Kind {
    Manifest,
    Entity,
    Form,
    View,
    Rule,
    Grade,
    Workflow,
    Message,
    Role,
    Menu,
    Calendar,
    Share,
}

impl Kind {
    /// Every kind, in the order in which people read an app.
    pub const ALL: [Self; 12] = [
        Self::Manifest,
        Self::Entity,
        Self::Form,
        Self::View,
        Self::Rule,
        Self::Grade,
        Self::Workflow,
        Self::Message,
        Self::Role,
        Self::Menu,
        Self::Calendar,
        Self::Share,
    ];

    /// The folder its files lie in; the manifest lies at the top and is addressed as `manifest/manifest`.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Entity => "entities",
            Self::Form => "forms",
            Self::View => "views",
            Self::Rule => "rules",
            Self::Grade => "grades",
            Self::Workflow => "workflows",
            Self::Message => "messages",
            Self::Role => "roles",
            Self::Menu => "menus",
            Self::Calendar => "calendars",
            Self::Share => "shares",
        }
    }

    /// The kind whose files lie in `folder`.
    pub fn of_folder(folder: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.folder() == folder)
    }

    /// The name of its meta-schema: `entity`, `form`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Entity => "entity",
            Self::Form => "form",
            Self::View => "view",
            Self::Rule => "rule",
            Self::Grade => "grade",
            Self::Workflow => "workflow",
            Self::Message => "message",
            Self::Role => "role",
            Self::Menu => "menu",
            Self::Calendar => "calendar",
            Self::Share => "share",
        }
    }
}

/// All files of an app by path (`entities/customer.json`, forward slashes), as text. Data, scenarios and
/// cases are included where a template carries them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Folder(pub BTreeMap<String, String>);

impl Folder {
    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The files of one kind: `(key, path, text)`, in the order of their keys. Only `.json`, never `.cases.json`.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().filter_map(move |(path, text)| {
            let (file_kind, key) = Self::definition(path)?;
            (file_kind == kind).then_some((key, path.as_str(), text.as_str()))
        })
    }

    /// Which definition a path holds, if it holds one.
    pub fn definition(path: &str) -> Option<(Kind, &str)> {
        if path == "manifest.json" {
            return Some((Kind::Manifest, "manifest"));
        }
        let (folder, file) = path.split_once('/')?;
        let key = file.strip_suffix(".json")?;
        if key.contains(['.', '/']) {
            return None;
        }
        Some((Kind::of_folder(folder)?, key))
    }
}
