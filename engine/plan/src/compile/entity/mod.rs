//! Entities: every field checked and compiled, and the order in which they are settled.

/// When two records are the same.
pub mod duplicates;
/// One field.
mod field;
/// The order of settling, and cycles.
pub mod graph;
/// Which keywords a kind takes.
pub mod keywords;
/// One field by itself.
mod limits;
/// Relations, rollups and grades.
mod links;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use kezhi_types::def::entity::{EntityDef, FieldKind};
use kezhi_types::def::files::Kind;
use kezhi_types::query::{Filter, Layout};
use kezhi_types::{Caller, Timestamp, said};

use super::load::{Loaded, Sources};
use super::report::Report;
use super::source::Source;
use super::suggest::did_you_mean;
use super::words;
use crate::app::{EntityPlan, FieldPlan};
use crate::catalog::{Catalog, FieldInfo};
use crate::condition::{ConditionPlan, FilterContext, Scope};
use crate::grade::GradePlan;
use crate::problem::Problem;

/// What lies on the desk while one entity is compiled.
pub struct Desk<'a> {
    /// Every definition.
    pub sources: &'a Sources<'a>,
    /// What exists.
    pub catalog: &'a Catalog,
    /// Compiled grades.
    pub grades: &'a IndexMap<String, Arc<GradePlan>>,
    /// The entity's key.
    pub key: &'a str,
    /// The entity's file.
    pub source: &'a Source,
    /// Numbers the entity's probes.
    pub probes: &'a Cell<u32>,
    /// Where findings go.
    pub report: &'a mut Report,
}

impl Desk<'_> {
    fn add(&mut self, problems: impl IntoIterator<Item = Problem>) {
        for problem in problems {
            self.report.add(self.source, problem);
        }
    }

    fn expect(&mut self, kind: Kind, key: &str, pointer: &str) -> bool {
        self.sources.expect(kind, key, (self.source, pointer), self.report)
    }

    fn scope(&self) -> Scope<'_> {
        Scope::of(self.catalog, self.key, self.probes)
    }

    /// The compiled part, or its findings at `at`.
    fn keep<T>(&mut self, at: &str, compiled: Result<T, Vec<Problem>>) -> Option<T> {
        compiled.map_err(|problems| self.report.add_under(self.source, at, problems)).ok()
    }

    fn info(&self, row_of: Option<&str>, name: &str) -> FieldInfo {
        let entity = self.catalog.entities.get(self.key);
        let found = match row_of {
            None => entity.and_then(|entity| entity.fields.get(name)),
            Some(table) => entity.and_then(|entity| entity.fields.get(table)?.columns.get(name)),
        };
        found.cloned().unwrap_or_else(field::unknown)
    }

    /// A condition that asks nobody, as a filter.
    fn static_filter(&self, condition: &ConditionPlan) -> Filter {
        let caller = Caller::system("compiler");
        let context =
            FilterContext { caller: &caller, now: Timestamp(0), zone: &TimeZone::UTC, record: None };
        condition.filter(&context)
    }
}

/// Compiles an entity without its rules, its layout and what it feeds, which follow from other definitions.
pub fn compile(mut desk: Desk<'_>, loaded: &Loaded<EntityDef>) -> EntityPlan {
    let def = &loaded.def;
    let fields: IndexMap<String, FieldPlan> = def
        .properties
        .iter()
        .map(|(name, field)| (name.clone(), field::compile(&mut desk, None, name, field)))
        .collect();
    if fields.is_empty() {
        desk.add([Problem::error(
            "entity.no_field",
            "/properties",
            said!("实体没有字段。", "The entity has no field."),
        )
        .help(said!("请添加一个。", "Add one."))]);
    }
    let title_field = title_field(&mut desk, def);
    check_required(&mut desk, def);
    check_indexes(&mut desk, def);
    let duplicates = duplicates::compile(&mut desk, &def.duplicates, &fields);
    let order = graph::order(&mut desk, &fields);
    let settles_on =
        fields.iter().map(|(key, field)| (key.clone(), graph::settles_on(field).fields)).collect();
    EntityPlan {
        key: desk.key.to_owned(),
        title: def.title.clone(),
        def: Arc::new(def.clone()),
        title_field,
        owner: def.owner,
        order,
        settles_on,
        required: def
            .required
            .iter()
            .filter(|key| fields.contains_key(*key))
            .cloned()
            .collect::<BTreeSet<_>>(),
        fields,
        rules: Vec::new(),
        duplicates,
        feeds: Vec::new(),
        dependents: Vec::new(),
        dated: Vec::new(),
        layout: Layout {
            entity: desk.key.to_owned(),
            promoted: Vec::new(),
            indexes: Vec::new(),
            searched: Vec::new(),
            matched: Vec::new(),
        },
        scripted: false,
    }
}

fn title_field(desk: &mut Desk<'_>, def: &EntityDef) -> Option<String> {
    let Some(name) = &def.title_field else {
        let text = def.properties.iter().find(|(_, field)| field.kind == FieldKind::Text);
        return text.map(|(name, _)| name.clone());
    };
    let problem = match def.properties.get(name) {
        None => {
            let message = said!("没有字段 `{name}`。", "There is no field `{name}`.");
            let help = did_you_mean(name, def.properties.keys().map(String::as_str));
            Problem::error("reference.unknown_field", "/x-title-field", message).help(help)
        }
        Some(field) if !names_a_record(field.kind) => {
            let message = said!(
                "{}字段不能作为记录的名称。",
                "A field of kind {} cannot name a record.";
                words::field(field.kind)
            );
            Problem::error("entity.title_field", "/x-title-field", message).help(said!(
                "请用文本、自动编号、电话、邮箱、日期、数字、单选或计算字段。",
                "Take a text, serial, phone, e-mail, date, number, choice or computed field."
            ))
        }
        Some(_) => return Some(name.clone()),
    };
    desk.add([problem]);
    None
}

fn names_a_record(kind: FieldKind) -> bool {
    use FieldKind as K;
    !matches!(
        kind,
        K::Table
            | K::Grade
            | K::Lookup
            | K::Relation
            | K::Relations
            | K::Person
            | K::People
            | K::Department
            | K::Departments
            | K::Address
            | K::Boolean
            | K::Choices
            | K::Tags
            | K::Cascade
            | K::LongText
            | K::RichText
            | K::Location
            | K::Json
            | K::Secret
            | K::Attachment
            | K::Image
            | K::Signature
    )
}

fn check_required(desk: &mut Desk<'_>, def: &EntityDef) {
    for (index, name) in def.required.iter().enumerate() {
        let at = format!("/required/{index}");
        let problem = match def.properties.get(name) {
            None => {
                let message = said!("没有字段 `{name}`。", "There is no field `{name}`.");
                let help = did_you_mean(name, def.properties.keys().map(String::as_str));
                Problem::error("reference.unknown_field", at, message).help(help)
            }
            Some(field) if field.show.is_some() => {
                let message =
                    said!("`{name}` 是必填的，却可能不显示。", "`{name}` is required and may be hidden.");
                Problem::error("field.required_hidden", at, message).help(said!(
                    "不显示的字段不会要求填写；请改用字段上的 `x-require`。",
                    "A hidden field is never required: use `x-require` on the field instead."
                ))
            }
            Some(field) if !keywords::is_authored(field.kind) => {
                let message = said!(
                    "`{name}` 由系统填写，不能要求人来填。",
                    "`{name}` is filled by the engine; nobody can be asked for it."
                );
                Problem::error("field.required_derived", at, message)
                    .help(said!("请从 `required` 中删去。", "Remove it from `required`."))
            }
            Some(_) if def.required[..index].contains(name) => Problem::warning(
                "field.required_twice",
                at,
                said!("`{name}` 出现了两次。", "`{name}` stands here twice."),
            )
            .help(said!("删去其中一个。", "Remove one of the two.")),
            Some(_) => continue,
        };
        desk.add([problem]);
    }
}

fn check_indexes(desk: &mut Desk<'_>, def: &EntityDef) {
    let Some(info) = desk.catalog.entities.get(desk.key) else {
        return;
    };
    for (index, fields) in def.indexes.iter().enumerate() {
        for (position, name) in fields.iter().enumerate() {
            let at = format!("/x-indexes/{index}/{position}");
            match info.fields.get(name) {
                None => {
                    let message = said!("没有字段 `{name}`。", "There is no field `{name}`.");
                    let help = did_you_mean(name, info.fields.keys().map(String::as_str));
                    desk.add([Problem::error("reference.unknown_field", at, message).help(help)]);
                }
                Some(field) if field.lookup.is_some() || !super::layout::is_promotable(&field.shape) => {
                    let message = said!(
                        "{}字段不能建索引。",
                        "A field of kind {} cannot be indexed.";
                        words::field(field.kind)
                    );
                    desk.add([Problem::error("entity.index", at, message)
                        .help(said!("请从 `x-indexes` 中删去。", "Remove it from `x-indexes`."))]);
                }
                Some(_) => {}
            }
        }
    }
}
