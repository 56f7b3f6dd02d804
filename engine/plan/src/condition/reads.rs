//! What a condition, an expression or a script reads: the order of settling, the store's questions and what
//! to compute again follow from it.

use std::collections::{BTreeMap, BTreeSet};

/// What is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Fields of the record itself, the first step of each path included. Inside a row: columns.
    pub fields: BTreeSet<String>,
    /// Inside a row: fields of the record around it. With [`crate::condition::Scope::outer`]: fields of that record.
    pub around: BTreeSet<String>,
    /// Fields of records that this one points at.
    pub paths: BTreeSet<PathRead>,
    /// Lookups that a template names, and the dotted path that each stands for.
    pub lookups: BTreeMap<String, String>,
    /// Fields of records that point at this one.
    pub related: Vec<RelatedRead>,
    /// The workspace's date.
    pub today: bool,
    /// The instant.
    pub now: bool,
    /// Who asks.
    pub caller: bool,
    /// The record as it stood.
    pub changed: bool,
    /// `record.x` as a value: without that record there is no filter.
    pub record: bool,
}

/// A field at the end of a dotted path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PathRead {
    /// The table field whose rows hold the first relation, where the path starts in a row.
    pub table: Option<String>,
    /// `(relation field, entity it leads to)`, one to three; before them a field of many relations, where the records that
    /// it names are asked.
    pub hops: Vec<(String, String)>,
    /// The field at the end.
    pub field: String,
}

/// Records that point at this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelatedRead {
    /// Their entity.
    pub entity: String,
    /// Their relation to this record.
    pub via: String,
    /// Their fields that matter.
    pub fields: BTreeSet<String>,
}

impl Reads {
    /// Whether the record at hand decides, without any other record.
    pub fn is_alone(&self) -> bool {
        self.paths.is_empty() && self.related.is_empty()
    }

    /// Adds what `other` reads.
    pub fn merge(&mut self, other: &Self) {
        self.fields.extend(other.fields.iter().cloned());
        self.around.extend(other.around.iter().cloned());
        self.paths.extend(other.paths.iter().cloned());
        self.lookups.extend(other.lookups.iter().map(|(key, path)| (key.clone(), path.clone())));
        for related in &other.related {
            self.add_related(&related.entity, &related.via, related.fields.iter().cloned());
        }
        self.today |= other.today;
        self.now |= other.now;
        self.caller |= other.caller;
        self.changed |= other.changed;
        self.record |= other.record;
    }

    /// Adds fields of the records of `entity` that point here by `via`.
    pub fn add_related(&mut self, entity: &str, via: &str, fields: impl IntoIterator<Item = String>) {
        let known = self.related.iter().position(|read| read.entity == entity && read.via == via);
        let index = known.unwrap_or_else(|| {
            let read =
                RelatedRead { entity: entity.to_owned(), via: via.to_owned(), fields: BTreeSet::new() };
            self.related.push(read);
            self.related.len() - 1
        });
        self.related[index].fields.extend(fields);
    }
}
