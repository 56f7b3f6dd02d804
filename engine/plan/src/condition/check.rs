//! Checking a condition as authored: the tree. Leaves are checked in `leaf`.

use indexmap::IndexMap;
use kezhi_types::condition::{CountOf, EveryOf, Op, SomeOf};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::Column;
use kezhi_types::{Condition, Said, said};

use super::node::{Counted, Node};
use super::reads::{PathRead, Reads};
use super::{Scope, access::Access};
use crate::catalog::{FieldInfo, did_you_mean};
use crate::problem::Problem;

/// Most leaves of one condition.
const MOST_LEAVES: u32 = 200;

/// What names mean at one place of the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) kind: PlaceKind<'a>,
    /// The fields that can be named.
    pub(super) fields: &'a IndexMap<String, FieldInfo>,
    /// The entity or table, for messages.
    pub(super) name: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PlaceKind<'a> {
    /// The record that is judged.
    Record,
    /// A row of this table of that record.
    Row(&'a str),
    /// A record of an entity that points at it by a relation: judged by the store.
    Related { entity: &'a str, via: &'a str },
    /// A row of a table of such a record, or a record that it names.
    RelatedRow { entity: &'a str, via: &'a str },
    /// A record of this entity that this field of many relations of the judged record names.
    Linked { field: &'a str, entity: &'a str },
}

/// One pass over one condition.
pub(super) struct Checker<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) reads: Reads,
    pub(super) problems: Vec<Problem>,
    leaves: u32,
}

pub(super) fn check(condition: &Condition, scope: &Scope<'_>) -> Result<(Node, Reads), Vec<Problem>> {
    let none = IndexMap::new();
    let mut checker = Checker { scope: *scope, reads: Reads::default(), problems: Vec::new(), leaves: 0 };
    let place = checker.start(&none);
    let node = checker.node(condition, &place, "");
    if checker.leaves > MOST_LEAVES {
        let message = said!(
            "条件最多 {MOST_LEAVES} 项，这里有 {} 项",
            "a condition has at most {MOST_LEAVES} leaves, this one has {}",
            checker.leaves
        );
        checker.problems.push(Problem::error("condition.too_large", "", message));
    }
    match node {
        Some(node) if checker.problems.is_empty() => Ok((node, checker.reads)),
        _ => Err(checker.problems),
    }
}

impl<'a> Checker<'a> {
    fn start<'p>(&mut self, none: &'p IndexMap<String, FieldInfo>) -> Place<'p>
    where
        'a: 'p,
    {
        let scope = self.scope;
        let Some(entity) = scope.catalog.entities.get(scope.entity) else {
            let message = said!("没有实体 `{}`", "there is no entity `{}`", scope.entity);
            self.fail("condition.unknown_entity", "", message);
            return Place { kind: PlaceKind::Record, fields: none, name: scope.entity };
        };
        match scope.row_of {
            None => Place { kind: PlaceKind::Record, fields: &entity.fields, name: scope.entity },
            Some(table) => {
                let fields = entity.fields.get(table).map_or(none, |field| &field.columns);
                Place { kind: PlaceKind::Row(table), fields, name: table }
            }
        }
    }

    pub(super) fn fail(&mut self, code: &'static str, pointer: &str, message: impl Into<Said>) {
        self.problems.push(Problem::error(code, pointer, message));
    }

    fn node(&mut self, condition: &Condition, place: &Place<'_>, at: &str) -> Option<Node> {
        match condition {
            Condition::All(all) => self.nodes(&all.all, place, &format!("{at}/all")).map(Node::All),
            Condition::Any(any) => self.nodes(&any.any, place, &format!("{at}/any")).map(Node::Any),
            Condition::Not(not) => {
                let node = self.node(&not.not, place, &format!("{at}/not"))?;
                Some(Node::Not(Box::new(node)))
            }
            Condition::Some(some) => self.some(some, place, at),
            Condition::Every(every) => self.every(every, place, at),
            Condition::Count(count) => self.count(count, place, at),
            Condition::Leaf(leaf) => {
                self.leaves += 1;
                self.leaf(leaf, place, at).map(Node::Leaf)
            }
        }
    }

    fn nodes(&mut self, parts: &[Condition], place: &Place<'_>, at: &str) -> Option<Vec<Node>> {
        let checked: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| self.node(part, place, &format!("{at}/{index}")))
            .collect();
        checked.into_iter().collect()
    }

    fn some(&mut self, some: &SomeOf, place: &Place<'_>, at: &str) -> Option<Node> {
        let rows = Rows {
            path: &some.some,
            at: format!("{at}/some"),
            condition: some.condition.as_deref(),
            op: Op::Gte,
            value: 1,
        };
        self.rows(&rows, place, at, false)
    }

    fn every(&mut self, every: &EveryOf, place: &Place<'_>, at: &str) -> Option<Node> {
        let condition = Some(every.condition.as_ref());
        let rows = Rows { path: &every.every, at: format!("{at}/every"), condition, op: Op::Eq, value: 0 };
        self.rows(&rows, place, at, true)
    }

    fn count(&mut self, count: &CountOf, place: &Place<'_>, at: &str) -> Option<Node> {
        if !matches!(count.op, Op::Eq | Op::Ne | Op::Gt | Op::Gte | Op::Lt | Op::Lte) {
            self.fail(
                "condition.wrong_operator",
                &format!("{at}/op"),
                said!(
                    "条数只能用 eq、ne、gt、gte、lt、lte 比较",
                    "a count is compared by eq, ne, gt, gte, lt or lte"
                ),
            );
        }
        let condition = count.condition.as_deref();
        let rows = Rows {
            path: &count.count,
            at: format!("{at}/count"),
            condition,
            op: count.op,
            value: count.value,
        };
        self.rows(&rows, place, at, false)
    }

    fn rows(&mut self, rows: &Rows<'_>, place: &Place<'_>, at: &str, negated: bool) -> Option<Node> {
        self.leaves += 1;
        let counted = |condition: Option<Node>| Counted {
            condition: condition.map(|node| Box::new(if negated { Node::Not(Box::new(node)) } else { node })),
            op: rows.op,
            value: rows.value,
        };
        if let Some((entity, via)) = rows.path.split_once('.') {
            let via_column = self.related(entity, via, place, rows)?;
            let number = self.scope.probes.get();
            self.scope.probes.set(number + 1);
            self.read_related(place, entity, via);
            let catalog = self.scope.catalog;
            let inner = Place {
                kind: PlaceKind::Related { entity, via },
                fields: &catalog.entities.get(entity)?.fields,
                name: entity,
            };
            let condition = self.inner(rows.condition, &inner, at)?;
            return Some(Node::Related {
                number,
                entity: entity.to_owned(),
                via: via_column,
                counted: counted(condition),
            });
        }
        if let Some(field) = place.fields.get(rows.path).filter(|field| field.kind == FieldKind::Relations) {
            return self.linked(rows, field, place, at).map(|(links, entity, condition)| Node::Linked {
                links,
                entity,
                counted: counted(condition),
            });
        }
        let field = self.table(place, rows)?;
        let table = Access { hops: Vec::new(), column: field.column(rows.path) };
        let kind = self.row_kind(place, rows)?;
        let inner = Place { kind, fields: &field.columns, name: rows.path };
        let condition = self.inner(rows.condition, &inner, at)?;
        Some(Node::Rows { table, counted: counted(condition) })
    }

    /// The records that a field of many relations names, and the condition on them.
    fn linked(
        &mut self,
        rows: &Rows<'_>,
        field: &FieldInfo,
        place: &Place<'_>,
        at: &str,
    ) -> Option<(Access, String, Option<Node>)> {
        let catalog = self.scope.catalog;
        let entity = field.target.as_deref()?;
        let info = catalog.entities.get(entity)?;
        let kind = match place.kind {
            PlaceKind::Record => {
                self.reads.fields.insert(rows.path.to_owned());
                let hops = vec![(rows.path.to_owned(), entity.to_owned())];
                self.reads.paths.insert(PathRead { table: None, hops, field: "id".to_owned() });
                PlaceKind::Linked { field: rows.path, entity }
            }
            PlaceKind::Related { entity, via } => {
                self.reads.add_related(entity, via, [rows.path.to_owned()]);
                PlaceKind::RelatedRow { entity, via }
            }
            PlaceKind::Row(_) | PlaceKind::RelatedRow { .. } | PlaceKind::Linked { .. } => {
                self.too_deep(&rows.at);
                return None;
            }
        };
        let inner = Place { kind, fields: &info.fields, name: entity };
        let condition = self.inner(rows.condition, &inner, at)?;
        Some((Access { hops: Vec::new(), column: field.column(rows.path) }, entity.to_owned(), condition))
    }

    fn too_deep(&mut self, at: &str) {
        let message = said!(
            "子表的行和关联到的记录只能问它们自己的值，不能再问它们的行或关联的记录",
            "rows and named records are asked for their own values, not for rows or records of theirs"
        );
        self.fail("condition.no_rows", at, message);
    }

    /// The condition on the rows, if there is one: `None` only where it is wrong.
    #[allow(clippy::option_option, reason = "wrong and absent are two things")]
    fn inner(&mut self, condition: Option<&Condition>, place: &Place<'_>, at: &str) -> Option<Option<Node>> {
        match condition {
            None => Some(None),
            Some(condition) => self.node(condition, place, &format!("{at}/where")).map(Some),
        }
    }

    fn table<'p>(&mut self, place: &Place<'p>, rows: &Rows<'_>) -> Option<&'p FieldInfo> {
        match place.fields.get(rows.path) {
            Some(field) if field.kind == FieldKind::Table => Some(field),
            Some(_) => {
                self.fail(
                    "condition.no_rows",
                    &rows.at,
                    said!(
                        "`{1}` 的 `{0}` 既不是子表，也不是多选关联",
                        "`{}` of `{}` is neither a table nor many relations",
                        rows.path,
                        place.name
                    ),
                );
                None
            }
            None => {
                let problem = Problem::error(
                    "condition.unknown_field",
                    &rows.at,
                    said!("`{}` 没有子表 `{}`", "`{}` has no table `{}`", place.name, rows.path),
                );
                let help = did_you_mean(rows.path, place.fields.keys().map(String::as_str));
                self.problems.push(problem.help(help));
                None
            }
        }
    }

    fn row_kind<'p>(&mut self, place: &Place<'p>, rows: &Rows<'p>) -> Option<PlaceKind<'p>> {
        let table = rows.path;
        match place.kind {
            PlaceKind::Record => {
                self.reads.fields.insert(table.to_owned());
                Some(PlaceKind::Row(table))
            }
            PlaceKind::Related { entity, via } => {
                self.reads.add_related(entity, via, [table.to_owned()]);
                Some(PlaceKind::RelatedRow { entity, via })
            }
            PlaceKind::Row(_) | PlaceKind::RelatedRow { .. } | PlaceKind::Linked { .. } => {
                self.too_deep(&rows.at);
                None
            }
        }
    }

    /// `order.customer`: the relation `customer` of `order`, which must lead to the records at this place.
    fn related(&mut self, entity: &str, via: &str, place: &Place<'_>, rows: &Rows<'_>) -> Option<Column> {
        let here = match place.kind {
            PlaceKind::Record => self.scope.entity,
            PlaceKind::Related { entity, .. } => entity,
            PlaceKind::Row(_) | PlaceKind::RelatedRow { .. } | PlaceKind::Linked { .. } => {
                self.too_deep(&rows.at);
                return None;
            }
        };
        let catalog = self.scope.catalog;
        let Some(info) = catalog.entities.get(entity) else {
            let problem = Problem::error(
                "condition.unknown_entity",
                &rows.at,
                said!("没有实体 `{entity}`", "there is no entity `{entity}`"),
            );
            let help = did_you_mean(entity, catalog.entities.keys().map(String::as_str));
            self.problems.push(problem.help(help));
            return None;
        };
        match info.fields.get(via) {
            Some(field)
                if field.target.as_deref() == Some(here)
                    && matches!(field.kind, FieldKind::Relation | FieldKind::Relations)
                    && via != "id" =>
            {
                Some(field.column(via))
            }
            Some(_) => {
                self.fail(
                    "condition.no_relation",
                    &rows.at,
                    said!(
                        "`{entity}` 的 `{via}` 不指向 `{here}`",
                        "`{via}` of `{entity}` does not lead to `{here}`"
                    ),
                );
                None
            }
            None => {
                let problem = Problem::error(
                    "condition.unknown_field",
                    &rows.at,
                    said!("`{entity}` 没有字段 `{via}`", "`{entity}` has no field `{via}`"),
                );
                let leading = info.fields.iter().filter(|(_, field)| field.target.as_deref() == Some(here));
                self.problems.push(problem.help(did_you_mean(via, leading.map(|(key, _)| key.as_str()))));
                None
            }
        }
    }

    /// Records that what points at this place is read; deeper than one step only the step counts.
    fn read_related(&mut self, place: &Place<'_>, entity: &str, via: &str) {
        if place.kind == PlaceKind::Record {
            self.reads.add_related(entity, via, []);
        }
    }
}

/// `some`, `every` and `count` are one question.
struct Rows<'c> {
    path: &'c str,
    at: String,
    condition: Option<&'c Condition>,
    op: Op,
    value: i64,
}
