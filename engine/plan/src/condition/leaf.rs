//! Checking one leaf: its path, whether the operator fits the kind, and its literal.

use kezhi_types::condition::{Leaf as LeafDef, Op, Reference};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::query::Part;
use kezhi_types::said;
use serde_json::Value;

use super::access::Access;
use super::check::{Checker, Place, PlaceKind};
use super::fit::{agree, fits, fitting, name, noun};
use super::literal::{Left, closed_options, literal};
use super::node::{Leaf, Test};
use super::operand::{Operand, Operands, Source};
use super::reads::PathRead;
use super::value::{Class, Scalar};
use crate::catalog::ResolvedPath;
use crate::problem::Problem;
use crate::regions;
use crate::suggest::{did_you_mean, listed, nearest};
use crate::written;

impl Checker<'_> {
    pub(super) fn leaf(&mut self, leaf: &LeafDef, place: &Place<'_>, at: &str) -> Option<Leaf> {
        let path =
            match self.scope.catalog.resolve_in(place.fields, &format!("`{}`", place.name), &leaf.field) {
                Ok(path) => path,
                Err(problem) => {
                    self.problems.push(problem.under(&format!("{at}/field")));
                    return None;
                }
            };
        self.read(&path, place);
        let class = Class::of(&path.field, path.column.part);
        if !fits(leaf.op, &class, &path) {
            let message = said!(
                "`{1}` 是{2}，不能用 `{0}` 比较",
                "`{}` does not fit `{}`, which is {}",
                name(leaf.op),
                leaf.field;
                noun(&class)
            );
            let fitting: Vec<String> = fitting(&class, &path).map(name).collect();
            let help = said!("可以用 {}", "It takes {}"; listed(fitting.iter().map(String::as_str)));
            let problem = Problem::error("condition.wrong_operator", format!("{at}/op"), message);
            self.problems.push(problem.help(help));
            return None;
        }
        let left = Left { path: &path, class, op: leaf.op, at };
        let test = self.test(leaf, &left, place)?;
        let mut access = Access::new(&path);
        if let (Test::UnderCode(_), FieldKind::Address) = (&test, path.field.value_kind) {
            access.column.part = Part::Region;
        }
        Some(Leaf { access, class: left.class, test })
    }

    /// Notes what a leaf reads.
    fn read(&mut self, path: &ResolvedPath, place: &Place<'_>) {
        let first = path.hops.first().map_or(&path.column, |(relation, _)| relation).field.clone();
        let along = path.hops.iter().map(|(column, entity)| (column.field.clone(), entity.clone()));
        let table = match place.kind {
            PlaceKind::Related { entity, via } => return self.reads.add_related(entity, via, [first]),
            PlaceKind::RelatedRow { .. } => return,
            PlaceKind::Linked { field, entity } => {
                let hops = std::iter::once((field.to_owned(), entity.to_owned())).chain(along).collect();
                self.reads.paths.insert(PathRead { table: None, hops, field: path.column.field.clone() });
                return;
            }
            PlaceKind::Row(table) => Some(table.to_owned()),
            PlaceKind::Record => None,
        };
        if table.is_none() || self.scope.row_of.is_some() {
            self.reads.fields.insert(first);
        }
        if !path.hops.is_empty() {
            let hops = along.collect();
            self.reads.paths.insert(PathRead { table, hops, field: path.column.field.clone() });
        }
    }

    fn test(&mut self, leaf: &LeafDef, left: &Left<'_>, place: &Place<'_>) -> Option<Test> {
        if matches!(leaf.op, Op::Changed | Op::ChangedTo) {
            self.may_change(left, place)?;
        }
        if matches!(leaf.op, Op::Empty | Op::NotEmpty | Op::Changed) {
            if leaf.value.is_some() {
                self.fail(
                    "condition.unexpected_value",
                    &value_at(left),
                    said!("`{}` 不需要值", "`{}` takes no value", name(leaf.op)),
                );
                return None;
            }
            return Some(match leaf.op {
                Op::Changed => Test::Changed(None),
                op => Test::Empty { negated: op == Op::NotEmpty },
            });
        }
        let Some(value) = &leaf.value else {
            self.fail(
                "condition.missing_value",
                left.at,
                said!("`{}` 需要一个值", "`{}` needs a value", name(leaf.op)),
            );
            return None;
        };
        match leaf.op {
            Op::In | Op::NotIn => {
                let operands = self.operands(value, left)?;
                Some(Test::Among { operands, negated: leaf.op == Op::NotIn })
            }
            Op::HasAny | Op::HasAll => {
                let operands = self.operands(value, left)?;
                Some(Test::Has { operands, all: leaf.op == Op::HasAll })
            }
            Op::Has => {
                let operands = Operands::One(self.operand(value, left)?);
                Some(Test::Has { operands, all: true })
            }
            Op::Contains | Op::NotContains | Op::StartsWith => {
                Some(Test::Like(leaf.op, self.operand(value, left)?))
            }
            Op::WithinLast | Op::WithinNext => self.within(value, left),
            Op::Under => self.under(value, left),
            Op::ChangedTo => Some(Test::Changed(Some(self.operand(value, left)?))),
            op => Some(Test::Order(op, self.operand(value, left)?)),
        }
    }

    fn may_change(&mut self, left: &Left<'_>, place: &Place<'_>) -> Option<()> {
        let pointer = format!("{}/op", left.at);
        if !self.scope.may_change {
            let message = said!(
                "`{}` 只能用在规则和记录触发的流程里",
                "`{}` is asked in rules and record triggers only",
                name(left.op)
            );
            self.fail("condition.changed_here", &pointer, message);
            return None;
        }
        if place.kind != PlaceKind::Record || !left.path.hops.is_empty() {
            self.fail(
                "condition.changed_here",
                &pointer,
                said!(
                    "只知道记录自己的字段有没有变",
                    "only fields of the record itself are known to have changed"
                ),
            );
            return None;
        }
        self.reads.changed = true;
        Some(())
    }

    fn under(&mut self, value: &Value, left: &Left<'_>) -> Option<Test> {
        if left.class != Class::Reference {
            return self.under_code(value, left);
        }
        match reference(value) {
            Some(reference) if reference.name == "caller.department" && reference.plus.is_none() => {
                self.reads.caller = true;
                Some(Test::UnderCaller)
            }
            _ => {
                let message = said!(
                    "`under` 要写 {{\"ref\": \"caller.department\"}}",
                    "`under` takes {{\"ref\": \"caller.department\"}}"
                );
                self.fail("condition.wrong_literal", &value_at(left), message);
                None
            }
        }
    }

    /// A code of the field's tree, or the codes that lead to it.
    fn under_code(&mut self, value: &Value, left: &Left<'_>) -> Option<Test> {
        let code = match value {
            Value::Array(codes) => codes.last().unwrap_or(value),
            code => code,
        };
        let own = &left.path.field.options;
        let is_known = |code: &&str| {
            if own.is_empty() { regions::name(code).is_some() } else { own.iter().any(|own| own == code) }
        };
        if let Some(code) = code.as_str().filter(is_known) {
            return Some(Test::UnderCode(code.to_owned()));
        }
        let message = said!("`{}` 没有代码 {code}", "`{}` has no code {code}", left.path.column.field);
        let help = said!(
            "请写树中的代码，行政区划如 \"33\" 或 \"3301\"",
            "give a code of the tree, such as \"33\" or \"3301\" for divisions"
        );
        self.problems.push(Problem::error("condition.not_an_option", value_at(left), message).help(help));
        None
    }

    /// An array of literals, or a reference to a list field of the record.
    fn operands(&mut self, value: &Value, left: &Left<'_>) -> Option<Operands> {
        let at = value_at(left);
        if let Some(reference) = reference(value) {
            return self.list_reference(&reference, left).map(Operands::Field);
        }
        let Some(items) = value.as_array() else {
            self.fail(
                "condition.wrong_literal",
                &at,
                said!("`{}` 需要一个列表", "`{}` takes an array", name(left.op)),
            );
            return None;
        };
        if items.is_empty() && matches!(left.class, Class::List | Class::Ids) {
            self.fail(
                "condition.wrong_literal",
                &at,
                said!("`{}` 至少需要一个值", "`{}` wants at least one value", name(left.op)),
            );
            return None;
        }
        let literals: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.literal(item, left, &format!("{at}/{index}")))
            .collect();
        literals.into_iter().collect::<Option<Vec<_>>>().map(Operands::Literals)
    }

    fn list_reference(&mut self, reference: &Reference, left: &Left<'_>) -> Option<Access> {
        let access =
            reference.name.strip_prefix("record.").and_then(|field| self.record_field(field, left))?;
        if access.1 != Class::List || !matches!(left.class.item(), Class::Text | Class::Option) {
            self.fail(
                "condition.wrong_reference",
                &value_at(left),
                said!("`{}` 不是文本列表", "`{}` is no list of texts", reference.name),
            );
            return None;
        }
        Some(access.0)
    }

    fn operand(&mut self, value: &Value, left: &Left<'_>) -> Option<Operand> {
        match reference(value) {
            Some(reference) => self.reference(&reference, left),
            None => self.literal(value, left, &value_at(left)).map(Operand::Literal),
        }
    }

    fn reference(&mut self, reference: &Reference, left: &Left<'_>) -> Option<Operand> {
        let at = value_at(left);
        let (source, class) = match reference.name.as_str() {
            "caller.id" => (Source::CallerId, Class::Reference),
            "caller.department" => (Source::CallerDepartment, Class::Reference),
            "today" => (Source::Today, Class::Date),
            "now" => (Source::Now, Class::Instant),
            name => {
                let Some(field) = name.strip_prefix("record.") else {
                    let known = ["caller.id", "caller.department", "today", "now"];
                    let problem = Problem::error(
                        "condition.unknown_reference",
                        at,
                        said!("没有引用 `{name}`", "there is no reference `{name}`"),
                    );
                    let help = match nearest(name, known) {
                        Some(_) => did_you_mean(name, known),
                        None => said!(
                            "可用 caller.id、caller.department、record.<字段>、now、today",
                            "one of caller.id, caller.department, record.<field>, now, today"
                        ),
                    };
                    self.problems.push(problem.help(help));
                    return None;
                };
                let (access, class) = self.record_field(field, left)?;
                (Source::Record(access, class.clone()), class)
            }
        };
        match source {
            Source::CallerId | Source::CallerDepartment => self.reads.caller = true,
            Source::Today => self.reads.today = true,
            Source::Now => self.read_now(left)?,
            Source::Record(..) => {}
        }
        if !agree(&left.class, &class) {
            let message = said!(
                "`{}` 是{2}，而 `{}` 是{3}",
                "`{}` is {2}, but `{}` is {3}",
                reference.name,
                left.path.column.field;
                noun(&class),
                noun(&left.class)
            );
            self.fail("condition.wrong_reference", &at, message);
            return None;
        }
        let plus = match &reference.plus {
            None => None,
            Some(plus) => Some(self.plus(plus, &class, &format!("{at}/plus"))?),
        };
        Some(Operand::Reference(source, plus))
    }

    /// `record.x`: a field of the record itself, of the record around a row, or of the record that is edited.
    fn record_field(&mut self, field: &str, left: &Left<'_>) -> Option<(Access, Class)> {
        let entity = self.scope.outer.unwrap_or(self.scope.entity);
        let path = match self.scope.catalog.resolve(entity, field) {
            Ok(path) if path.hops.is_empty() => path,
            Ok(_) => {
                self.fail(
                    "condition.unknown_reference",
                    &value_at(left),
                    said!("`record.` 只能指记录自己的字段", "`record.` names a field of the record itself"),
                );
                return None;
            }
            Err(problem) => {
                self.problems.push(problem.under(&value_at(left)));
                return None;
            }
        };
        self.reads.record = true;
        let is_around = self.scope.row_of.is_some() || self.scope.outer.is_some();
        let read = if is_around { &mut self.reads.around } else { &mut self.reads.fields };
        read.insert(path.column.field.clone());
        Some((Access::new(&path), Class::of(&path.field, path.column.part)))
    }

    fn literal(&mut self, value: &Value, left: &Left<'_>, at: &str) -> Option<Scalar<'static>> {
        if let Some(literal) = literal(value, left) {
            return Some(literal);
        }
        let options = &left.path.field.options;
        let known = value.as_str().filter(|_| closed_options(left));
        let problem = match known {
            Some(text) => {
                let message =
                    said!("`{}` 没有选项 `{text}`", "`{}` has no option `{text}`", left.path.column.field);
                let help = did_you_mean(text, options.iter().map(String::as_str));
                Problem::error("condition.not_an_option", at, message).help(help)
            }
            None => {
                let kind = left.path.field.value_kind;
                let expected = written::example(kind).unwrap_or_else(|| left.class.expected());
                let message = said!(
                    "`{}` 要与{1}比较，不能是 {value}",
                    "`{}` is compared with {}, not with {value}",
                    left.path.column.field;
                    expected
                );
                Problem::error("condition.wrong_literal", at, message)
            }
        };
        self.problems.push(problem);
        None
    }
}

pub(super) fn value_at(left: &Left<'_>) -> String {
    format!("{}/value", left.at)
}

fn reference(value: &Value) -> Option<Reference> {
    value.as_object().filter(|object| object.contains_key("ref"))?;
    serde_json::from_value(value.clone()).ok()
}
