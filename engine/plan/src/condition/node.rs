//! The compiled tree.

use kezhi_types::condition::Op;
use kezhi_types::query::Column;

use super::access::Access;
use super::operand::{Operand, Operands};
use super::value::Class;
use crate::calendar::Duration;

/// A node of the compiled tree.
#[derive(Debug)]
pub(super) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// Rows of a table field, in place.
    Rows {
        table: Access,
        counted: Counted,
    },
    /// Records that a field of many relations names, at hand among the facts.
    Linked {
        links: Access,
        entity: String,
        counted: Counted,
    },
    /// Records that point here by `via`, counted by the store.
    Related {
        number: u32,
        entity: String,
        via: Column,
        counted: Counted,
    },
    Leaf(Leaf),
}

/// Which rows count and how their number is compared: some is `gte 1`, every is `eq 0` of the negated condition.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) condition: Option<Box<Node>>,
    pub(super) op: Op,
    pub(super) value: i64,
}

/// One field compared.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) access: Access,
    pub(super) class: Class,
    pub(super) test: Test,
}

/// The comparison, by the shape of its right side.
#[derive(Debug)]
pub(super) enum Test {
    /// `eq ne gt gte lt lte`
    Order(Op, Operand),
    /// `in not_in`
    Among { operands: Operands, negated: bool },
    /// `contains not_contains starts_with`
    Like(Op, Operand),
    /// `has has_any has_all`
    Has { operands: Operands, all: bool },
    /// `under` the caller's department.
    UnderCaller,
    /// `under` a code of a tree.
    UnderCode(String),
    /// `within_last within_next`; negative for the past.
    Within(Duration),
    /// `empty not_empty`
    Empty { negated: bool },
    /// `changed`, or `changed_to` a value.
    Changed(Option<Operand>),
}
