//! Expressions of computed fields. Rhai reads them; what they may name is checked here and they are computed here,
//! over our own functions only: exact decimals, absent operands, no statement, loop or closure, in process.

mod node;
pub(crate) mod source;
mod build;
mod eval;

use std::cell::Cell;
use std::sync::Arc;

use kezhi_types::said;
use serde_json::Value;

use self::eval::Run;
use self::node::Node;
use crate::condition::{Reads, Scope};
use crate::facts::Sight;
use crate::problem::Problem;

/// Longest expression, in characters.
const LONGEST: usize = 300;

/// An expression, compiled and checked against its entity. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ExprPlan {
    source: Arc<str>,
    node: Arc<Node>,
    reads: Arc<Reads>,
}

impl ExprPlan {
    /// Compiles at most 300 characters. Names are fields, dotted paths through to-one relations and `today`;
    /// inside a row columns first, then fields of the record around. `sum(lines, "amount")`, `avg`, `min`, `max` and
    /// `count` go over the rows of a table.
    ///
    /// # Errors
    /// Everything that is wrong with it, with line and column.
    pub fn compile(source: &str, scope: &Scope<'_>) -> Result<Self, Vec<Problem>> {
        if source.chars().count() > LONGEST {
            let message =
                said!("表达式最多 {LONGEST} 个字", "an expression has at most {LONGEST} characters");
            let problem = Problem::error("expression.too_long", "", message);
            return Err(vec![problem.help(said!(
                "请拆成几个计算字段，或者写脚本",
                "split it into several computed fields, or write a script"
            ))]);
        }
        let (node, reads) = build::build(source, scope)?;
        Ok(Self { source: source.into(), node: Arc::new(node), reads: Arc::new(reads) })
    }

    /// The value in JSON form: decimals as text, not yet in the scale of a field. `None` where an operand is absent.
    ///
    /// # Errors
    /// One sentence saying why there is no value: a division by zero, a text where a number is wanted, too much work.
    pub fn eval(&self, sight: &Sight<'_>) -> Result<Option<Value>, String> {
        let zone = sight.circumstances.time_zone();
        let run = Run { sight, zone: &zone, steps: Cell::new(0), divided_by_zero: Cell::new(false) };
        let value = run.value(&self.node)?;
        if value.is_absent() && run.divided_by_zero.get() {
            return Err("division by zero".to_owned());
        }
        Ok(value.json())
    }

    /// What it reads.
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// As authored.
    pub fn source(&self) -> &str {
        &self.source
    }
}

#[cfg(test)]
mod tests;
