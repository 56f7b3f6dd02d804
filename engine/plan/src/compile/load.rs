//! The files of an app, each read, held to its meta-schema and turned into its `…Def`.
//!
//! A file that is wrong is told and left out; its key stays known, so that what refers to it is not
//! reported as well.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use kezhi_types::def::calendar::CalendarDef;
use kezhi_types::def::entity::EntityDef;
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::def::grade::GradeDef;
use kezhi_types::def::manifest::ManifestDef;
use kezhi_types::def::role::RoleDef;
use kezhi_types::def::rule::RuleDef;
use kezhi_types::def::screen::{FormDef, MenuDef, MessageDef, ViewDef};
use kezhi_types::def::share::ShareDef;
use kezhi_types::def::workflow::WorkflowDef;
use kezhi_types::said;
use serde::de::DeserializeOwned;

use super::report::Report;
use super::source::{Source, escape};
use super::suggest::did_you_mean;
use super::{key, shape, words};
use crate::problem::Problem;

/// One definition with the file it came from.
#[derive(Debug)]
pub struct Loaded<T> {
    /// Where it stands.
    pub source: Source,
    /// What it says.
    pub def: T,
}

/// Definitions of one kind, in the order of their keys.
pub type Shelf<T> = IndexMap<String, Loaded<T>>;

/// Everything that could be read.
#[derive(Debug)]
pub struct Sources<'a> {
    /// All files.
    pub folder: &'a Folder,
    /// `manifest.json`, if there is one.
    pub manifest: Option<Loaded<ManifestDef>>,
    /// `entities/`
    pub entities: Shelf<EntityDef>,
    /// `forms/`
    pub forms: Shelf<FormDef>,
    /// `views/`
    pub views: Shelf<ViewDef>,
    /// `rules/`
    pub rules: Shelf<RuleDef>,
    /// `grades/`
    pub grades: Shelf<GradeDef>,
    /// `workflows/`
    pub workflows: Shelf<WorkflowDef>,
    /// `messages/`
    pub messages: Shelf<MessageDef>,
    /// `roles/`
    pub roles: Shelf<RoleDef>,
    /// `menus/`
    pub menus: Shelf<MenuDef>,
    /// `calendars/`
    pub calendars: Shelf<CalendarDef>,
    /// `shares/`
    pub shares: Shelf<ShareDef>,
    known: BTreeMap<Kind, BTreeSet<String>>,
}

impl<'a> Sources<'a> {
    /// Reads every definition of the folder.
    pub fn load(folder: &'a Folder, report: &mut Report) -> Self {
        let mut known: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
        for (kind, key) in folder.0.keys().filter_map(|path| Folder::definition(path)) {
            known.entry(kind).or_default().insert(key.to_owned());
        }
        Self {
            folder,
            manifest: shelf(folder, Kind::Manifest, report).shift_remove("manifest"),
            entities: shelf(folder, Kind::Entity, report),
            forms: shelf(folder, Kind::Form, report),
            views: shelf(folder, Kind::View, report),
            rules: shelf(folder, Kind::Rule, report),
            grades: shelf(folder, Kind::Grade, report),
            workflows: shelf(folder, Kind::Workflow, report),
            messages: shelf(folder, Kind::Message, report),
            roles: shelf(folder, Kind::Role, report),
            menus: shelf(folder, Kind::Menu, report),
            calendars: shelf(folder, Kind::Calendar, report),
            shares: shelf(folder, Kind::Share, report),
            known,
        }
    }

    /// The keys of all files of a kind, readable or not.
    pub fn keys(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.known.get(&kind).into_iter().flatten().map(String::as_str)
    }

    /// Whether a file of that kind and key exists, readable or not.
    pub fn knows(&self, kind: Kind, key: &str) -> bool {
        self.known.get(&kind).is_some_and(|keys| keys.contains(key))
    }

    /// Keys of entities whose file could not be read.
    pub fn broken_entities(&self) -> Vec<&str> {
        self.keys(Kind::Entity).filter(|key| !self.entities.contains_key(*key)).collect()
    }

    /// Names, in backticks, of what is not known because an entity could not be read: the entity, and the fields that
    /// take their kind from it.
    pub fn unsure(&self) -> Vec<String> {
        let broken = self.broken_entities();
        let fields = self.entities.values().flat_map(|loaded| &loaded.def.properties).filter(|(_, field)| {
            let from = field.rollup.iter().map(|rollup| &rollup.entity);
            let to = field.relation.iter().map(|relation| &relation.entity);
            from.chain(to).any(|entity| broken.contains(&entity.as_str()))
        });
        let names = broken.iter().copied().chain(fields.map(|(name, _)| name.as_str()));
        names.map(|name| format!("`{name}`")).collect()
    }

    /// Reports a reference to a definition that does not exist; it stands in the file at the pointer of `at`.
    pub fn expect(&self, kind: Kind, key: &str, at: (&Source, &str), report: &mut Report) -> bool {
        if self.knows(kind, key) {
            return true;
        }
        let (source, pointer) = at;
        let message = said!("没有{} `{key}`。", "There is no {} `{key}`."; words::definition(kind));
        let problem =
            Problem::error(unknown_code(kind), pointer, message).help(did_you_mean(key, self.keys(kind)));
        report.add(source, problem);
        false
    }
}

/// The code that says that a definition of this kind does not exist.
fn unknown_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Manifest | Kind::Entity => "reference.unknown_entity",
        Kind::Form => "reference.unknown_form",
        Kind::View => "reference.unknown_view",
        Kind::Rule => "reference.unknown_rule",
        Kind::Grade => "reference.unknown_grade",
        Kind::Workflow => "reference.unknown_workflow",
        Kind::Message => "reference.unknown_message",
        Kind::Role => "reference.unknown_role",
        Kind::Menu => "reference.unknown_menu",
        Kind::Calendar => "reference.unknown_calendar",
        Kind::Share => "reference.unknown_share",
    }
}

fn shelf<T: DeserializeOwned>(folder: &Folder, kind: Kind, report: &mut Report) -> Shelf<T> {
    let mut shelf = Shelf::new();
    for (key, path, text) in folder.of_kind(kind) {
        if kind != Kind::Manifest && !key::is_valid(key) {
            report.add_code(path, key::problem(key, ""));
        }
        if let Some(loaded) = load_one(kind, path, text, report) {
            shelf.insert(key.to_owned(), loaded);
        }
    }
    shelf
}

/// Reads one definition; what is wrong with it is reported.
fn load_one<T: DeserializeOwned>(
    kind: Kind,
    path: &str,
    text: &str,
    report: &mut Report,
) -> Option<Loaded<T>> {
    let (source, problems) = Source::read(path, text);
    let fatal = problems.iter().any(|problem| problem.code != "json.duplicate_key");
    for problem in problems {
        report.add(&source, problem);
    }
    if fatal {
        return None;
    }
    let problems = shape::check(kind, &source.value);
    if !problems.is_empty() {
        for problem in problems {
            report.add(&source, problem);
        }
        return None;
    }
    match serde_path_to_error::deserialize(&source.value) {
        Ok(def) => Some(Loaded { source, def }),
        Err(error) => {
            let pointer = pointer_of(error.path());
            let message = said!("内容读不懂：{}。", "This cannot be read: {}.", error.inner());
            report.add(&source, Problem::error("definition.wrong_shape", pointer, message));
            None
        }
    }
}

/// A path of the deserialiser as a JSON pointer.
pub(super) fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escape(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}
