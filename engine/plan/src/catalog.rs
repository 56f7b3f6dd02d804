//! Which fields exist, of which kind, leading where: what conditions, expressions and scripts are checked
//! against. Built from the entity files before anything that refers to them is compiled.

use indexmap::IndexMap;
use kezhi_types::def::entity::{EntityDef, FieldDef, FieldKind, LookupDef};
use kezhi_types::def::grade::GradeDef;
use kezhi_types::query::{Aggregate, Column, Part, Shape};
use kezhi_types::said;

use crate::problem::Problem;
pub(crate) use crate::suggest::did_you_mean;
use crate::unresolved::{many_relations, no_relation, unknown_field};

/// How many relations a dotted path may follow.
pub const MOST_HOPS: usize = 3;

/// Entities by key.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// What is known of each.
    pub entities: IndexMap<String, EntityInfo>,
}

/// What is known of an entity.
#[derive(Debug, Clone, Default)]
pub struct EntityInfo {
    /// What people call it.
    pub title: String,
    /// Fields, system fields included.
    pub fields: IndexMap<String, FieldInfo>,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInfo {
    /// What people call it.
    pub title: String,
    /// As authored; system fields have the kind of their value.
    pub kind: FieldKind,
    /// The kind of the value: the result of computed fields and rollups.
    pub value_kind: FieldKind,
    /// Decimals of the value.
    pub scale: u32,
    /// How it compares.
    pub shape: Shape,
    /// Where it lies.
    pub part: Part,
    /// Of a relation, or of many: the entity it leads to.
    pub target: Option<String>,
    /// Keys of the options, or letters of the grade, in order.
    pub options: Vec<String>,
    /// Of a table: its columns.
    pub columns: IndexMap<String, FieldInfo>,
    /// Of a lookup: the relation, and the field of the record that it leads to. A path goes on from there.
    pub lookup: Option<(String, String)>,
}

/// Where a dotted path ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedPath {
    /// Relations walked first: `(column of the relation, entity it leads to)`; at most [`MOST_HOPS`].
    pub hops: Vec<(Column, String)>,
    /// The field at the end; `value.score` is an integer field.
    pub field: FieldInfo,
    /// Its column; of a grade [`Part::GradeLetter`] or [`Part::GradeScore`].
    pub column: Column,
    /// Whether the end is the letter or the score of a grade.
    pub grade_part: Option<Part>,
    /// Whether a lookup stood on the way; the rest then says what it reads.
    pub looked_up: bool,
}

impl ResolvedPath {
    /// The path in steps that lie in records, lookups replaced by what they read.
    pub fn text(&self) -> String {
        let mut steps: Vec<&str> = self.hops.iter().map(|(relation, _)| relation.field.as_str()).collect();
        steps.push(&self.column.field);
        if self.column.part == Part::GradeScore {
            steps.push("score");
        }
        steps.join(".")
    }
}

impl Catalog {
    /// What the entity files say, with the system fields of every entity. Definitions that point nowhere
    /// leave their field without a target or options; the compiler reports them.
    pub fn build(entities: &IndexMap<String, EntityDef>, grades: &IndexMap<String, GradeDef>) -> Self {
        let source = Source { entities, grades };
        let describe = |(key, def): (&String, &EntityDef)| (key.clone(), source.entity(key, def));
        Self { entities: entities.iter().map(describe).collect() }
    }

    /// A field of an entity by its key.
    pub fn field(&self, entity: &str, field: &str) -> Option<&FieldInfo> {
        self.entities.get(entity)?.fields.get(field)
    }

    /// Follows `a.b.c` from `entity`: through to-one relations, or into a grade's `letter` or `score`.
    ///
    /// # Errors
    /// `condition.unknown_field`, `condition.no_relation` or `condition.too_many_hops`, with the nearest name as help.
    pub fn resolve(&self, entity: &str, path: &str) -> Result<ResolvedPath, Problem> {
        let Some(info) = self.entities.get(entity) else {
            return Err(Problem::error(
                "condition.unknown_entity",
                "",
                said!("没有实体 `{entity}`", "there is no entity `{entity}`"),
            )
            .help(did_you_mean(entity, self.entities.keys().map(String::as_str))));
        };
        self.resolve_in(&info.fields, &format!("`{entity}`"), path)
    }

    /// The same from any set of fields, such as the columns of a table; `place` names it in messages.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_in(
        &self,
        fields: &IndexMap<String, FieldInfo>,
        place: &str,
        path: &str,
    ) -> Result<ResolvedPath, Problem> {
        let mut fields = fields;
        let mut place = place.to_owned();
        let mut hops = Vec::new();
        let mut looked_up = false;
        let mut steps: Vec<&str> = path.rsplit('.').collect();
        while let Some(step) = steps.pop() {
            let Some(field) = fields.get(step) else {
                return Err(unknown_field(fields.keys().map(String::as_str), &place, step));
            };
            if let Some((via, read)) = &field.lookup {
                looked_up = true;
                steps.extend([read.as_str(), via.as_str()]);
                continue;
            }
            let Some(next) = steps.last() else {
                return Ok(ResolvedPath { looked_up, ..end(step, field, field.part, hops) });
            };
            if field.kind == FieldKind::Grade {
                let goes_on = steps.len() > 1;
                let found = grade_end(step, field, steps.pop().unwrap_or_default(), goes_on, hops)?;
                return Ok(ResolvedPath { looked_up, ..found });
            }
            if field.kind == FieldKind::Relations {
                return Err(many_relations(&place, step, next));
            }
            let target = field.target.as_ref().and_then(|key| Some((key, self.entities.get(key)?)));
            let Some((key, info)) = target else {
                return Err(no_relation(&place, step, next));
            };
            hops.push((field.column(step), key.clone()));
            if hops.len() > MOST_HOPS {
                let message = said!(
                    "`{path}` 经过的关联超过 {MOST_HOPS} 个",
                    "`{path}` follows more than {MOST_HOPS} relations"
                );
                return Err(Problem::error("condition.too_many_hops", "", message));
            }
            fields = &info.fields;
            place = format!("`{key}`");
        }
        Err(unknown_field(fields.keys().map(String::as_str), &place, path))
    }
}

impl FieldInfo {
    /// Its column under `key`.
    pub fn column(&self, key: &str) -> Column {
        Column { field: key.to_owned(), part: self.part, shape: self.shape.clone() }
    }

    /// A field that is nothing but a value of a kind.
    pub(crate) fn plain(kind: FieldKind, scale: u32) -> Self {
        Self::new("", kind, scale, Vec::new())
    }

    fn new(title: &str, kind: FieldKind, scale: u32, options: Vec<String>) -> Self {
        Self {
            title: title.to_owned(),
            kind,
            value_kind: kind,
            scale,
            shape: shape_of(kind, scale, &options),
            part: part_of(kind),
            target: None,
            options,
            columns: IndexMap::new(),
            lookup: None,
        }
    }
}

fn end(step: &str, field: &FieldInfo, part: Part, hops: Vec<(Column, String)>) -> ResolvedPath {
    let grade_part = (field.kind == FieldKind::Grade).then_some(part);
    let column = Column { field: step.to_owned(), part, shape: field.shape.clone() };
    ResolvedPath { hops, field: field.clone(), column, grade_part, looked_up: false }
}

fn grade_end(
    step: &str,
    field: &FieldInfo,
    part: &str,
    goes_on: bool,
    hops: Vec<(Column, String)>,
) -> Result<ResolvedPath, Problem> {
    match part {
        "letter" if !goes_on => Ok(end(step, field, Part::GradeLetter, hops)),
        "score" if !goes_on => {
            let mut score = FieldInfo::new(&field.title, FieldKind::Integer, 0, Vec::new());
            score.kind = FieldKind::Grade;
            score.part = Part::GradeScore;
            Ok(end(step, &score, Part::GradeScore, hops))
        }
        _ => Err(Problem::error(
            "condition.unknown_field",
            "",
            said!("等级没有 `{part}`", "a grade has no `{part}`"),
        )
        .help(said!(
            "写 `{step}` 取等级，写 `{step}.score` 取分数",
            "write `{step}` for the letter or `{step}.score` for the number"
        ))),
    }
}

/// The decimals that a field of this kind has where its definition says nothing.
pub fn default_scale(kind: FieldKind) -> u32 {
    match kind {
        FieldKind::Money | FieldKind::Percent => 2,
        FieldKind::Decimal => 4,
        _ => 0,
    }
}

/// How values of a kind compare. `options` are those of a choice or the letters of a grade.
pub fn shape_of(kind: FieldKind, scale: u32, options: &[String]) -> Shape {
    match kind {
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Phone
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::IdCard
        | FieldKind::CompanyCode
        | FieldKind::Barcode
        | FieldKind::Color
        | FieldKind::Time
        | FieldKind::Duration
        | FieldKind::Serial => Shape::Text,
        FieldKind::Integer | FieldKind::Rating => Shape::Integer,
        FieldKind::Decimal | FieldKind::Percent | FieldKind::Money => Shape::Decimal { scale },
        FieldKind::Boolean => Shape::Boolean,
        FieldKind::Choice | FieldKind::Grade => Shape::Option { order: options.to_vec() },
        FieldKind::Choices
        | FieldKind::Tags
        | FieldKind::Cascade
        | FieldKind::People
        | FieldKind::Departments => Shape::List,
        FieldKind::Relations => Shape::Links,
        FieldKind::Date => Shape::Date,
        FieldKind::LunarDate => Shape::Lunar,
        FieldKind::Datetime => Shape::Instant,
        FieldKind::Person | FieldKind::Department | FieldKind::Relation => Shape::Reference,
        _ => Shape::Json,
    }
}

fn part_of(kind: FieldKind) -> Part {
    match kind {
        FieldKind::Computed | FieldKind::Rollup => Part::Derived,
        FieldKind::Grade => Part::GradeLetter,
        _ => Part::Data,
    }
}

/// The files that a catalog is built from.
struct Source<'a> {
    entities: &'a IndexMap<String, EntityDef>,
    grades: &'a IndexMap<String, GradeDef>,
}

/// How many derived fields a rollup may be away from the field whose kind it takes.
const DEEPEST: u32 = 8;

impl Source<'_> {
    fn entity(&self, key: &str, def: &EntityDef) -> EntityInfo {
        let mut fields = system_fields(key);
        for (name, field) in &def.properties {
            fields.insert(name.clone(), self.field(def, field, DEEPEST));
        }
        EntityInfo { title: def.title.clone(), fields }
    }

    fn field(&self, own: &EntityDef, def: &FieldDef, depth: u32) -> FieldInfo {
        let looked_up = def.lookup.as_ref().filter(|_| def.kind == FieldKind::Lookup);
        let mut info = looked_up
            .and_then(|lookup| self.looked_up(own, lookup, depth))
            .unwrap_or_else(|| self.value(def, depth));
        info.lookup = looked_up.map(|lookup| (lookup.via.clone(), lookup.field.clone()));
        info.title = def.title.clone();
        info.kind = def.kind;
        info.part = part_of(def.kind);
        if def.kind != FieldKind::Lookup {
            info.target = def.relation.as_ref().map(|relation| relation.entity.clone());
        }
        if let (FieldKind::Table, Some(items)) = (def.kind, &def.items) {
            let column =
                |(name, column): (&String, &FieldDef)| (name.clone(), self.field(own, column, depth));
            info.columns = items.properties.iter().map(column).collect();
        }
        info
    }

    /// The field's value: its kind, decimals and options.
    fn value(&self, def: &FieldDef, depth: u32) -> FieldInfo {
        let plain = |kind: FieldKind| {
            let options = def.options.clone().unwrap_or_default();
            FieldInfo::new("", kind, def.scale.unwrap_or_else(|| default_scale(kind)), options)
        };
        match def.kind {
            FieldKind::Computed => plain(def.result.unwrap_or(FieldKind::Decimal)),
            FieldKind::Rollup => self.rollup(def, depth).unwrap_or_else(|| plain(FieldKind::Decimal)),
            FieldKind::Grade => {
                let grade = def.grade.as_ref().and_then(|key| self.grades.get(key));
                let letters = grade.map(|grade| grade.bands.iter().map(|band| band.letter.clone()).collect());
                FieldInfo::new("", FieldKind::Grade, 0, letters.unwrap_or_default())
            }
            kind => plain(kind),
        }
    }

    fn rollup(&self, def: &FieldDef, depth: u32) -> Option<FieldInfo> {
        let rollup = def.rollup.as_ref()?;
        if rollup.aggregate == Aggregate::Count {
            return Some(FieldInfo::new("", FieldKind::Integer, 0, Vec::new()));
        }
        let child = self.entities.get(&rollup.entity)?;
        let field = self.child(child, rollup.field.as_ref()?, depth.checked_sub(1)?)?;
        let kind = match (rollup.aggregate, field.value_kind) {
            (Aggregate::Avg, FieldKind::Integer | FieldKind::Rating) => FieldKind::Decimal,
            (_, FieldKind::Rating) => FieldKind::Integer,
            (_, kind) => kind,
        };
        let own = if kind == field.value_kind { field.scale } else { default_scale(kind) };
        Some(FieldInfo::new("", kind, def.scale.unwrap_or(own), field.options))
    }

    /// What a lookup reads, with the kind of its value.
    fn looked_up(&self, own: &EntityDef, lookup: &LookupDef, depth: u32) -> Option<FieldInfo> {
        let relation = own.properties.get(&lookup.via)?.relation.as_ref()?;
        self.child(self.entities.get(&relation.entity)?, &lookup.field, depth.checked_sub(1)?)
    }

    /// A field of another entity; system fields included.
    fn child(&self, entity: &EntityDef, field: &str, depth: u32) -> Option<FieldInfo> {
        let authored = entity.properties.get(field).map(|def| self.field(entity, def, depth));
        authored.or_else(|| system_fields("").shift_remove(field))
    }
}

fn system_fields(entity: &str) -> IndexMap<String, FieldInfo> {
    let fields = [
        ("id", FieldKind::Relation),
        ("version", FieldKind::Integer),
        ("created_at", FieldKind::Datetime),
        ("created_by", FieldKind::Person),
        ("updated_at", FieldKind::Datetime),
        ("updated_by", FieldKind::Person),
        ("owner", FieldKind::Person),
        ("department", FieldKind::Relation),
    ];
    let describe = |(key, kind): (&str, FieldKind)| {
        let mut info = FieldInfo::new(key, kind, 0, Vec::new());
        info.part = Part::System;
        info.target = (key == "id").then(|| entity.to_owned());
        (key.to_owned(), info)
    };
    fields.into_iter().map(describe).collect()
}

#[cfg(test)]
mod tests;
