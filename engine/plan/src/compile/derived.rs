//! Derived fields that a role may read although it may not read what they are made of: allowed, and said.

use indexmap::IndexMap;
use kezhi_types::def::role::{EntityRights, FieldRight};
use kezhi_types::said;

use super::entity::graph::derives_from;
use super::load::Sources;
use super::report::Report;
use crate::access::role_says;
use crate::app::{EntityPlan, FieldPlan};
use crate::problem::Problem;

/// Warns of every role that reads a computed field, a rollup or a grade whose inputs it hides.
pub fn check(sources: &Sources<'_>, entities: &IndexMap<String, EntityPlan>, report: &mut Report) {
    for loaded in sources.roles.values() {
        for (key, rights) in &loaded.def.entities {
            let Some(entity) = entities.get(key).filter(|_| !rights.read.is_no()) else { continue };
            let closed = |of: &EntityPlan, rights: Option<&EntityRights>, field: &str| {
                let field = of.fields.get(field)?;
                let rights = rights?;
                (role_says(field, &rights.fields) < FieldRight::Read).then(|| field.title.clone())
            };
            let shown = |field: &&FieldPlan| {
                field.is_derived() && role_says(field, &rights.fields) >= FieldRight::Read
            };
            for field in entity.fields.values().filter(shown) {
                let reads = derives_from(field);
                let own = reads.fields.iter().find_map(|input| closed(entity, Some(rights), input));
                let others = || {
                    reads.related.iter().find_map(|related| {
                        let other = entities.get(&related.entity)?;
                        let rights = loaded.def.entities.get(&related.entity);
                        related.fields.iter().find_map(|input| closed(other, rights, input))
                    })
                };
                let along = || {
                    reads.paths.iter().find_map(|path| {
                        let (_, target) = path.hops.last()?;
                        closed(entities.get(target)?, loaded.def.entities.get(target), &path.field)
                    })
                };
                if let Some(input) = own.or_else(others).or_else(along) {
                    tell(loaded, key, (field, &input), report);
                }
            }
        }
    }
}

fn tell(
    loaded: &super::load::Loaded<kezhi_types::def::role::RoleDef>,
    entity: &str,
    (field, input): (&FieldPlan, &str),
    report: &mut Report,
) {
    let message = said!(
        "这个角色看不到“{1}”，却能看到由它算出来的“{0}”。",
        "This role may not read “{1}” but reads “{0}”, which is made of it.",
        field.title,
        input
    );
    let help = said!(
        "如果不该让人推算出来，请把 `{0}` 也设为 hidden；如果是有意的，可以不管。",
        "Hide `{0}` as well unless people may conclude from it; if that is meant, leave it.",
        field.key
    );
    let at = format!("/entities/{entity}");
    report.add(&loaded.source, Problem::warning("role.derived_shown", at, message).help(help));
}
