//! From Rhai's syntax tree to ours: names are resolved, functions looked up, everything else refused.

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Said, said};
use rhai::{Dynamic, Engine, Expr, FnCallExpr, OptimizationLevel, Position, Stmt, StmtBlock};
use rust_decimal::Decimal;

use super::node::{Binary, Node};
use super::source::{problem_at, reading, syntax_problem};
use crate::catalog::{FieldInfo, did_you_mean};
use crate::condition::access::Access;
use crate::condition::{PathRead, Reading, Reads, Scope};
use crate::functions::aggregate::RowFunction;
use crate::functions::datum::Datum;
use crate::functions::{all, find};
use crate::problem::Problem;

pub(super) fn build(source: &str, scope: &Scope<'_>) -> Result<(Node, Reads), Vec<Problem>> {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::None).set_max_expr_depths(32, 16);
    let ast = engine.compile_expression(source).map_err(|error| vec![syntax_problem(&error)])?;
    let mut builder = Builder { scope: *scope, reads: Reads::default(), problems: Vec::new() };
    let node = match ast.statements() {
        [Stmt::Expr(expr)] => builder.node(expr),
        _ => builder.refuse(Position::NONE, said!("表达式只能是一个值", "an expression is one value")),
    };
    match node {
        Some(node) if builder.problems.is_empty() => Ok((node, builder.reads)),
        _ => Err(builder.problems),
    }
}

struct Builder<'a> {
    scope: Scope<'a>,
    reads: Reads,
    problems: Vec<Problem>,
}

/// A name that stands at the beginning of a path.
struct Names {
    path: Vec<String>,
    position: Position,
}

impl<'a> Builder<'a> {
    fn refuse(&mut self, position: Position, message: impl Into<Said>) -> Option<Node> {
        self.problems.push(problem_at("expression.refused", position, message));
        None
    }

    fn nodes<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr>) -> Option<Vec<Node>> {
        let nodes: Vec<_> = parts.into_iter().map(|part| self.node(part)).collect();
        nodes.into_iter().collect()
    }

    fn node(&mut self, expr: &Expr) -> Option<Node> {
        let constant = |datum| Some(Node::Constant(datum));
        match expr {
            Expr::BoolConstant(flag, _) => constant(Datum::Boolean(*flag)),
            Expr::IntegerConstant(number, _) => constant(Datum::Integer(*number)),
            Expr::StringConstant(text, _) => constant(Datum::Text(text.to_string())),
            Expr::CharConstant(letter, _) => constant(Datum::Text(letter.to_string())),
            Expr::Unit(_) => constant(Datum::Absent),
            Expr::DynamicConstant(value, position) => self.constant(value, *position),
            Expr::InterpolatedString(parts, _) => self.nodes(parts.iter()).map(Node::Text),
            Expr::Array(items, _) => self.nodes(items.iter()).map(Node::List),
            Expr::And(parts, _) => self.nodes(parts.iter()).map(Node::And),
            Expr::Or(parts, _) => self.nodes(parts.iter()).map(Node::Or),
            Expr::Coalesce(parts, _) => self.nodes(parts.iter()).map(Node::Coalesce),
            Expr::FnCall(call, position) => self.call(call, None, *position),
            Expr::Stmt(block) => self.block(block),
            Expr::Variable(..) | Expr::Dot(..) | Expr::Index(..) => self.path(expr),
            other => {
                self.refuse(other.position(), said!("表达式里不能这样写", "this is no part of an expression"))
            }
        }
    }

    fn constant(&mut self, value: &Dynamic, position: Position) -> Option<Node> {
        if let Some(number) = value.clone().try_cast::<Decimal>() {
            return Some(Node::Constant(Datum::Decimal(number)));
        }
        self.refuse(position, said!("表达式里不能用这个常量", "this constant is no part of an expression"))
    }

    /// `if a { b } else { c }`
    fn block(&mut self, block: &StmtBlock) -> Option<Node> {
        match block.statements() {
            [Stmt::Expr(expr)] => self.node(expr),
            [Stmt::FnCall(call, position)] => self.call(call, None, *position),
            [Stmt::If(flow, _)] => {
                let condition = self.node(&flow.expr);
                let then = self.block(&flow.body);
                let otherwise = if flow.branch.is_empty() {
                    Some(Node::Constant(Datum::Absent))
                } else {
                    self.block(&flow.branch)
                };
                Some(Node::If(Box::new((condition?, then?, otherwise?))))
            }
            _ => self.refuse(block.position(), said!("每个分支只能是一个值", "a branch is one value")),
        }
    }

    /// A path, or a method called on one: `name.upper()`.
    fn path(&mut self, expr: &Expr) -> Option<Node> {
        let mut segments = Vec::new();
        flatten(expr, &mut segments);
        let names = segments.iter().take_while(|segment| name_of(segment).is_some()).count();
        if names == 0 || matches!(segments[0], Expr::StringConstant(..)) {
            let (first, rest) = segments.split_first()?;
            return match first {
                Expr::Dot(..) | Expr::Index(..) => self.refuse(
                    first.position(),
                    said!("表达式里不能这样写", "this is no part of an expression"),
                ),
                first => {
                    let node = self.node(first)?;
                    self.methods(node, rest)
                }
            };
        }
        let path = segments[..names].iter().filter_map(|segment| name_of(segment)).collect();
        let node = self.name(&Names { path, position: segments[0].position() })?;
        self.methods(node, &segments[names..])
    }

    fn methods(&mut self, node: Node, rest: &[&Expr]) -> Option<Node> {
        rest.iter().try_fold(node, |node, segment| match segment {
            Expr::MethodCall(call, position) => self.call(call, Some(node), *position),
            other => {
                self.refuse(other.position(), said!("这里后面只能接函数", "only a function may follow here"))
            }
        })
    }

    /// A field, or `today`.
    fn name(&mut self, names: &Names) -> Option<Node> {
        let first = names.path[0].as_str();
        let catalog = self.scope.catalog;
        let record = &catalog.entities.get(self.scope.entity)?.fields;
        let columns = self.scope.row_of.and_then(|table| record.get(table)).map(|table| &table.columns);
        let here = columns.unwrap_or(record);
        if here.contains_key(first) {
            return self.field(here, &names.path, names, false);
        }
        if columns.is_some() && record.contains_key(first) {
            return self.field(record, &names.path, names, true);
        }
        match first {
            "record" if names.path.len() > 1 => {
                self.field(record, &names.path[1..], names, columns.is_some())
            }
            "today" if names.path.len() == 1 => {
                self.reads.today = true;
                Some(Node::Today)
            }
            "now" if names.path.len() == 1 && !self.scope.stored => {
                self.reads.now = true;
                Some(Node::Now)
            }
            "now" => self.refuse(
                names.position,
                said!(
                    "存下来的值不能取决于此刻，请用 `today`",
                    "a stored value cannot depend on the instant; use `today`"
                ),
            ),
            _ => {
                let message = said!("没有字段 `{first}`", "there is no field `{first}`");
                let known = here.keys().chain(columns.iter().flat_map(|_| record.keys())).map(String::as_str);
                let problem = problem_at("expression.unknown_name", names.position, message);
                self.problems.push(problem.help(did_you_mean(first, known.chain(["today"]))));
                None
            }
        }
    }

    fn field(
        &mut self,
        fields: &IndexMap<String, FieldInfo>,
        path: &[String],
        names: &Names,
        around: bool,
    ) -> Option<Node> {
        let place = format!("`{}`", self.scope.entity);
        let path = match self.scope.catalog.resolve_in(fields, &place, &path.join(".")) {
            Ok(path) => path,
            Err(problem) => {
                let mut at = problem_at("expression.unknown_name", names.position, problem.message);
                at.help = problem.help;
                self.problems.push(at);
                return None;
            }
        };
        if path.field.kind == FieldKind::Table {
            let help = said!(
                "请写 sum({0}, \"列\")、count({0}) 之类",
                "write sum({}, \"column\"), count({0}) or the like",
                path.column.field
            );
            let problem = problem_at(
                "expression.table",
                names.position,
                said!("子表不是一个值", "a table is no value"),
            );
            self.problems.push(problem.help(help));
            return None;
        }
        if path.field.kind == FieldKind::Secret {
            let message =
                said!("`{}` 是密文，谁也读不到", "`{}` is a secret, which nothing reads", path.column.field);
            self.problems.push(problem_at("expression.secret", names.position, message));
            return None;
        }
        let access = Access::new(&path);
        let first = access.hops.first().map_or(&access.column.field, |(column, _)| &column.field).clone();
        if !access.hops.is_empty() {
            let table = if around { None } else { self.scope.row_of.map(str::to_owned) };
            let hops =
                access.hops.iter().map(|(column, entity)| (column.field.clone(), entity.clone())).collect();
            self.reads.paths.insert(PathRead { table, hops, field: access.column.field.clone() });
        }
        let reading = reading(&path.field, path.column.part);
        if around {
            self.reads.around.insert(first);
            return Some(Node::Around(access, reading));
        }
        self.reads.fields.insert(first);
        Some(Node::Field(access, reading))
    }

    fn call(&mut self, call: &FnCallExpr, receiver: Option<Node>, position: Position) -> Option<Node> {
        let name = call.name.as_str();
        let arguments: Vec<_> = call.args.iter().collect();
        if receiver.is_none()
            && let Some(function) = RowFunction::find(name)
            && let Some(node) = self.over_rows(function, &arguments, position)
        {
            return node;
        }
        let given = self.nodes(arguments)?;
        let mut nodes: Vec<_> = receiver.into_iter().chain(given).collect();
        if call.op_token.is_some()
            && nodes.len() == 2
            && let Some(binary) = Binary::find(name)
        {
            let right = nodes.pop()?;
            return Some(Node::Binary(binary, Box::new((nodes.pop()?, right))));
        }
        if call.op_token.is_some() && nodes.len() == 1 {
            let node = Box::new(nodes.pop()?);
            match name {
                "-" => return Some(Node::Negative(node)),
                "+" => return Some(*node),
                "!" => return Some(Node::Not(node)),
                _ => {}
            }
        }
        self.function(name, nodes, position)
    }

    fn function(&mut self, name: &str, nodes: Vec<Node>, position: Position) -> Option<Node> {
        let Some(function) = find(name) else {
            let known = all().map(|function| function.name).chain(RowFunction::ALL.map(RowFunction::name));
            let problem = problem_at(
                "expression.unknown_function",
                position,
                said!("没有函数 `{name}`", "there is no function `{name}`"),
            );
            self.problems.push(problem.help(did_you_mean(name, known)));
            return None;
        };
        if !(function.arity.0..=function.arity.1).contains(&nodes.len()) {
            let message =
                said!("`{name}` 的参数不能是 {} 个", "`{name}` does not take {} arguments", nodes.len());
            self.problems.push(problem_at("expression.arguments", position, message).help(said!(
                "用法：{}",
                "{}",
                function.doc
            )));
            return None;
        }
        Some(Node::Call(function, nodes))
    }

    /// `sum(lines, "amount")`; `None` where the first argument is no table and another function may be meant.
    #[allow(clippy::option_option, reason = "another function and a wrong one are two things")]
    fn over_rows(
        &mut self,
        function: RowFunction,
        arguments: &[&Expr],
        position: Position,
    ) -> Option<Option<Node>> {
        let table = arguments.first().and_then(|expr| match expr {
            Expr::Variable(..) | Expr::Dot(..) | Expr::Index(..) => Some(*expr),
            _ => None,
        });
        let names = table.and_then(|expr| {
            let mut segments = Vec::new();
            flatten(expr, &mut segments);
            segments.into_iter().map(name_of).collect::<Option<Vec<_>>>()
        });
        let record = &self.scope.catalog.entities.get(self.scope.entity)?.fields;
        let key = names.as_ref().and_then(|names| match names.as_slice() {
            [key] => Some(key.as_str()),
            [record, key] if record == "record" => Some(key.as_str()),
            _ => None,
        });
        let Some((key, field)) = key
            .and_then(|key| Some((key, record.get(key)?)))
            .filter(|(_, field)| field.kind == FieldKind::Table)
        else {
            return match function {
                RowFunction::Min | RowFunction::Max => None,
                _ => {
                    let message = said!(
                        "`{0}` 用于子表的各行：{0}(lines, \"列\")",
                        "`{0}` goes over the rows of a table: {0}(lines, \"column\")",
                        function.name()
                    );
                    Some(self.refuse(position, message))
                }
            };
        };
        let column = match arguments.get(1) {
            None if function == RowFunction::Count => None,
            Some(Expr::StringConstant(column, at)) if arguments.len() == 2 => {
                Some(self.column(key, field, column.as_str(), *at)?)
            }
            _ => {
                let message = said!("请写 {}({key}, \"列\")", "write {}({key}, \"column\")", function.name());
                return Some(self.refuse(position, message));
            }
        };
        let around = self.scope.row_of.is_some();
        let read = if around { &mut self.reads.around } else { &mut self.reads.fields };
        read.insert(key.to_owned());
        let table = Access { hops: Vec::new(), column: field.column(key) };
        Some(Some(Node::Rows { function, table, around, column }))
    }

    fn column(
        &mut self,
        table: &str,
        field: &FieldInfo,
        key: &str,
        at: Position,
    ) -> Option<(String, Reading)> {
        if let Some(column) = field.columns.get(key) {
            return Some((key.to_owned(), reading(column, column.part)));
        }
        let problem = problem_at(
            "expression.unknown_name",
            at,
            said!("`{table}` 没有列 `{key}`", "`{table}` has no column `{key}`"),
        );
        self.problems.push(problem.help(did_you_mean(key, field.columns.keys().map(String::as_str))));
        None
    }
}

/// The links of a chain of dots and indexes, in order.
fn flatten<'e>(expr: &'e Expr, segments: &mut Vec<&'e Expr>) {
    match expr {
        Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
            flatten(&pair.lhs, segments);
            flatten(&pair.rhs, segments);
        }
        other => segments.push(other),
    }
}

/// The name that a link of a chain is: a variable, a property, or a text in brackets.
fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Variable(name, ..) => Some(name.1.to_string()),
        Expr::Property(name, _) => Some(name.2.to_string()),
        Expr::StringConstant(name, _) => Some(name.to_string()),
        _ => None,
    }
}
