//! Which records are derived again when a record changes: parents through rollups, conditions and scripts,
//! and records that read it through dotted paths.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use kezhi_types::def::grade::Recompute;
use kezhi_types::query::Column;

use super::entity::graph::derives_from;
use crate::app::{Dependent, EntityPlan, Feed};
use crate::catalog::Catalog;

/// Fills `feeds`, `dependents` and `dated` of every entity.
pub fn fill(entities: &mut IndexMap<String, EntityPlan>, catalog: &Catalog) {
    let mut feeds: Vec<(String, Feed)> = Vec::new();
    let mut dependents: Vec<(String, Dependent)> = Vec::new();
    for (key, entity) in entities.iter_mut() {
        entity.dated.clear();
        for (name, field) in entity.fields.iter().filter(|(_, field)| field.is_derived()) {
            let mut reads = derives_from(field);
            if reads.today || field.grade.as_ref().is_some_and(|grade| is_daily(&grade.def.recompute)) {
                entity.dated.push(name.clone());
            }
            let asked = field.grade.iter().flat_map(|grade| &grade.def.recompute);
            for recompute in asked {
                if let Recompute::Related(related) = recompute {
                    let all = catalog.entities.get(&related.entity);
                    let fields = all.iter().flat_map(|info| info.fields.keys().cloned());
                    reads.add_related(&related.entity, &related.via, fields);
                }
            }
            for related in reads.related {
                let feed = Feed { entity: key.clone(), via: related.via, reads: related.fields };
                feeds.push((related.entity, feed));
            }
            for path in reads.paths {
                dependents.extend(steps(catalog, key, &path.hops, &path.field));
            }
        }
    }
    for (child, feed) in feeds {
        let Some(entity) = entities.get_mut(&child) else {
            continue;
        };
        match entity.feeds.iter_mut().find(|known| known.entity == feed.entity && known.via == feed.via) {
            Some(known) => known.reads.extend(feed.reads),
            None => entity.feeds.push(feed),
        }
    }
    for (target, dependent) in dependents {
        let Some(entity) = entities.get_mut(&target) else {
            continue;
        };
        match entity
            .dependents
            .iter_mut()
            .find(|known| known.entity == dependent.entity && known.path == dependent.path)
        {
            Some(known) => known.reads.extend(dependent.reads),
            None => entity.dependents.push(dependent),
        }
    }
}

fn is_daily(recompute: &[Recompute]) -> bool {
    recompute.iter().any(|recompute| matches!(recompute, Recompute::Daily(_)))
}

/// Every record along a path matters: at each stop the next relation, at the end the field.
fn steps(
    catalog: &Catalog,
    entity: &str,
    hops: &[(String, String)],
    field: &str,
) -> Vec<(String, Dependent)> {
    let mut path: Vec<(Column, String)> = Vec::new();
    let mut at = entity;
    let mut found = Vec::new();
    for (index, (relation, target)) in hops.iter().enumerate() {
        let Some(info) = catalog.field(at, relation) else {
            return found;
        };
        path.push((info.column(relation), target.clone()));
        let read = hops.get(index + 1).map_or(field, |(next, _)| next.as_str());
        let dependent = Dependent {
            entity: entity.to_owned(),
            path: path.clone(),
            reads: BTreeSet::from([read.to_owned()]),
        };
        found.push((target.clone(), dependent));
        at = target;
    }
    found
}
