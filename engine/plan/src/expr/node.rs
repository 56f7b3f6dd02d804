//! A compiled expression: our own tree, so that nothing of Rhai is left when it runs.

use crate::condition::Reading;
use crate::condition::access::Access;
use crate::functions::Function;
use crate::functions::aggregate::RowFunction;
use crate::functions::datum::Datum;

/// A node of the compiled tree.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Datum),
    /// A field of the record or row.
    Field(Access, Reading),
    /// A field of the record around the row.
    Around(Access, Reading),
    Today,
    Now,
    Negative(Box<Node>),
    Not(Box<Node>),
    Binary(Binary, Box<(Node, Node)>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// The first that is there.
    Coalesce(Vec<Node>),
    Text(Vec<Node>),
    List(Vec<Node>),
    If(Box<(Node, Node, Node)>),
    Call(&'static Function, Vec<Node>),
    /// Over the rows of a table: of a column, or of the rows themselves.
    Rows {
        function: RowFunction,
        table: Access,
        around: bool,
        column: Option<(String, Reading)>,
    },
}

/// Operators of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Binary {
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
