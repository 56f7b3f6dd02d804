//! What a script reads, found in its syntax tree: `record.x` and `related("order", "customer")` with literals only.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Said, said};
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::ScriptKind;
use super::values::{Kind, Kinds};
use crate::catalog::{EntityInfo, did_you_mean};
use crate::condition::{Reads, Scope};
use crate::expr::source::problem_at;
use crate::problem::Problem;

/// The names that scripts are given.
pub(super) const NAMES: [&str; 5] = ["record", "before", "today", "now", "caller"];
/// Those of rules only.
const OF_RULES: [&str; 3] = ["before", "now", "caller"];

/// What was found.
pub(super) struct Checked {
    pub(super) record: Kinds,
    pub(super) related: BTreeMap<String, Kinds>,
    pub(super) reads: Reads,
}

pub(super) fn check(ast: &AST, scope: &Scope<'_>, kind: ScriptKind) -> Result<Checked, Vec<Problem>> {
    let Some(entity) = scope.catalog.entities.get(scope.entity) else {
        let message = said!("没有实体 `{}`", "there is no entity `{}`", scope.entity);
        return Err(vec![Problem::error("script.unknown_entity", "", message)]);
    };
    let mut walk = Walk {
        scope,
        entity,
        kind,
        reads: Reads::default(),
        related: BTreeSet::new(),
        properties: BTreeSet::new(),
        all_properties: false,
        problems: Vec::new(),
    };
    ast.walk(&mut |path| {
        walk.visit(path);
        true
    });
    if walk.problems.is_empty() { Ok(walk.finish()) } else { Err(walk.problems) }
}

struct Walk<'a> {
    scope: &'a Scope<'a>,
    entity: &'a EntityInfo,
    kind: ScriptKind,
    reads: Reads,
    related: BTreeSet<(String, String)>,
    /// Names that are read of anything: those that are fields of related records count.
    properties: BTreeSet<String>,
    /// Whether members are reached by computed names, so that every field counts.
    all_properties: bool,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn fail(
        &mut self,
        code: &'static str,
        position: Position,
        message: impl Into<Said>,
        help: impl Into<Said>,
    ) {
        self.problems.push(problem_at(code, position, message).help(help));
    }

    fn visit(&mut self, path: &[ASTNode<'_>]) {
        let around = path.len().checked_sub(2).and_then(|index| path.get(index));
        match path.last() {
            Some(ASTNode::Expr(Expr::Variable(name, _, position))) => {
                self.variable(name.1.as_str(), *position, path.last(), around)
            }
            Some(ASTNode::Expr(Expr::Property(name, _))) => {
                self.properties.insert(name.2.to_string());
            }
            Some(ASTNode::Expr(Expr::Index(pair, ..))) => match &pair.rhs {
                Expr::StringConstant(name, _) => {
                    self.properties.insert(name.to_string());
                }
                Expr::IntegerConstant(..) => {}
                _ => self.all_properties = true,
            },
            Some(
                ASTNode::Expr(Expr::FnCall(call, position) | Expr::MethodCall(call, position))
                | ASTNode::Stmt(Stmt::FnCall(call, position)),
            ) => self.call(call, *position),
            Some(ASTNode::Stmt(Stmt::Var(var, _, position))) if NAMES.contains(&var.0.name.as_str()) => {
                self.fail(
                    "script.reserved_name",
                    *position,
                    said!("`{}` 是脚本自带的", "`{}` is given to the script", var.0.name),
                    said!("请换一个名字", "use another name"),
                );
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &FnCallExpr, position: Position) {
        if matches!(call.name.as_str(), "keys" | "values" | "get" | "contains") {
            self.all_properties = true;
        }
        if call.name == "related" {
            return self.related(call, position);
        }
        for argument in &call.args {
            if let Expr::StringConstant(name, _) = argument {
                self.properties.insert(name.to_string());
            }
        }
    }

    fn variable(
        &mut self,
        name: &str,
        position: Position,
        node: Option<&ASTNode<'_>>,
        around: Option<&ASTNode<'_>>,
    ) {
        if self.kind == ScriptKind::Grade && OF_RULES.contains(&name) {
            let message = said!("等级的脚本里没有 `{name}`", "a grade knows no `{name}`");
            return self.fail(
                "script.not_here",
                position,
                message,
                said!(
                    "等级会存下来，不能取决于谁在什么时候看",
                    "its result is stored and must not depend on who asks or when"
                ),
            );
        }
        match name {
            "today" => self.reads.today = true,
            "now" => self.reads.now = true,
            "caller" => self.reads.caller = true,
            "record" | "before" => {
                self.reads.changed |= name == "before";
                self.record(name, position, node, around);
            }
            _ => {}
        }
    }

    /// `record` stands only before a dot or bracket with a literal name; `before` also in comparisons with `()`.
    fn record(
        &mut self,
        name: &str,
        position: Position,
        node: Option<&ASTNode<'_>>,
        around: Option<&ASTNode<'_>>,
    ) {
        let Some(ASTNode::Expr(here)) = node else { return };
        let pair = match around {
            Some(ASTNode::Expr(Expr::Dot(pair, ..) | Expr::Index(pair, ..)))
                if std::ptr::eq(&raw const pair.lhs, *here) =>
            {
                pair
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _))) if name == "before" && is_absence_test(call) => return,
            _ => {
                let message = said!("`{name}` 只能按字段名读取", "`{name}` is read by name only");
                return self.fail(
                    "script.dynamic_read",
                    position,
                    message,
                    said!("请写 {name}.字段", "write {name}.field"),
                );
            }
        };
        let (first, rest) = match &pair.rhs {
            Expr::Dot(inner, ..) | Expr::Index(inner, ..) => (&inner.lhs, Some(&inner.rhs)),
            first => (first, None),
        };
        let field = match first {
            Expr::Property(name, _) => name.2.to_string(),
            Expr::StringConstant(name, _) => name.to_string(),
            other => {
                let message =
                    said!("`{name}` 只能按写明的字段名读取", "`{name}` is read by literal names only");
                return self.fail(
                    "script.dynamic_read",
                    other.position(),
                    message,
                    said!("请写 {name}.字段", "write {name}.field"),
                );
            }
        };
        self.field(&field, first.position(), rest);
    }

    fn field(&mut self, field: &str, position: Position, rest: Option<&Expr>) {
        let Some(info) = self.entity.fields.get(field) else {
            let message = said!("`{}` 没有字段 `{field}`", "`{}` has no field `{field}`", self.scope.entity);
            let help = did_you_mean(field, self.entity.fields.keys().map(String::as_str));
            return self.fail("script.unknown_field", position, message, help);
        };
        if info.lookup.is_some() {
            let message = said!(
                "`{field}` 取自另一条记录，并不保存在这里",
                "`{field}` is read from another record and is not stored"
            );
            let help =
                said!("请用计算字段取它，再在这里读取", "read it in a computed field, and that field here");
            return self.fail("script.no_relation", position, message, help);
        }
        if info.kind == FieldKind::Secret {
            let message = said!("`{field}` 是密文，谁也读不到", "`{field}` is a secret, which nothing reads");
            let help = said!("可以用条件问它是否为空", "ask with a condition whether it is empty");
            return self.fail("script.secret", position, message, help);
        }
        let is_property = matches!(rest, Some(Expr::Property(..)));
        if is_property && matches!(info.kind, FieldKind::Relation | FieldKind::Relations | FieldKind::Person)
        {
            let message = said!("`{field}` 是另一条记录的编号", "`{field}` is the id of another record");
            let help = said!(
                "请用计算字段取那条记录的字段，再在这里读取",
                "read a field of that record in a computed field, and that field here"
            );
            return self.fail("script.no_relation", position, message, help);
        }
        self.reads.fields.insert(field.to_owned());
    }

    fn related(&mut self, call: &FnCallExpr, position: Position) {
        let literals: Vec<_> = call
            .args
            .iter()
            .filter_map(|argument| match argument {
                Expr::StringConstant(text, _) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let ([entity, via], 2) = (literals.as_slice(), call.args.len()) else {
            let help =
                said!("请写 related(\"order\", \"customer\")", "write related(\"order\", \"customer\")");
            return self.fail(
                "script.dynamic_read",
                position,
                said!(
                    "`related` 要直接写明实体和关联",
                    "`related` takes an entity and a relation as literals"
                ),
                help,
            );
        };
        let catalog = self.scope.catalog;
        let Some(info) = catalog.entities.get(*entity) else {
            let help = did_you_mean(entity, catalog.entities.keys().map(String::as_str));
            return self.fail(
                "script.unknown_entity",
                position,
                said!("没有实体 `{entity}`", "there is no entity `{entity}`"),
                help,
            );
        };
        let leads_here = |key: &str| {
            info.fields.get(key).is_some_and(|field| {
                field.kind != FieldKind::Relations && field.target.as_deref() == Some(self.scope.entity)
            })
        };
        if !leads_here(via) {
            let help =
                did_you_mean(via, info.fields.keys().map(String::as_str).filter(|key| leads_here(key)));
            let message = said!(
                "`{entity}` 没有指向 `{}` 的关联 `{via}`",
                "`{entity}` has no relation `{via}` to `{}`",
                self.scope.entity
            );
            return self.fail("script.no_relation", position, message, help);
        }
        self.related.insert(((*entity).to_owned(), (*via).to_owned()));
    }

    fn finish(mut self) -> Checked {
        let of = |fields: &mut dyn Iterator<Item = &String>, entity: &EntityInfo| -> Kinds {
            fields.filter_map(|key| Some((key.clone(), Kind::of(entity.fields.get(key)?)))).collect()
        };
        let record = of(&mut self.reads.fields.iter(), self.entity);
        let mut related = BTreeMap::new();
        for (entity, via) in &self.related {
            let info = &self.scope.catalog.entities[entity];
            let read = |key: &&String| self.all_properties || self.properties.contains(*key);
            let kinds = of(&mut info.fields.keys().filter(read), info);
            self.reads.add_related(entity, via, kinds.keys().cloned());
            related.insert(format!("{entity}.{via}"), kinds);
        }
        Checked { record, related, reads: self.reads }
    }
}

/// `before == ()` and `before != ()`
fn is_absence_test(call: &FnCallExpr) -> bool {
    matches!(call.name.as_str(), "==" | "!=")
        && call.args.iter().any(|argument| matches!(argument, Expr::Unit(_)))
}
