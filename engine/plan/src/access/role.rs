//! Roles, compiled: their conditions checked, their rights by entity.

use std::cell::Cell;

use indexmap::IndexMap;
use kezhi_types::def::files::Kind;
use kezhi_types::def::role::{EntityRights, FieldRight, Grant, RoleDef, Scope as Rows};
use kezhi_types::said;

use super::Action;
use crate::catalog::{Catalog, did_you_mean};
use crate::condition::{ConditionPlan, Scope};
use crate::problem::Problem;

/// What a role may do apart from records.
const RIGHTS: [&str; 11] = [
    "use_builder",
    "publish",
    "manage_users",
    "manage_roles",
    "view_audit",
    "transfer",
    "edit_in_approval",
    "manage_system",
    "manage_security",
    "audit",
    "use_api",
];
/// Kinds of definition that widen rights or speak to the outside: the builder alone does not open them.
const GUARDED: [&str; 4] = ["workflows", "roles", "messages", "shares"];
/// Folders that hold no definitions and are built all the same.
const OTHER_FOLDERS: [&str; 2] = ["scenarios", "translations"];

/// Whether a right to build a kind of definition opens it: every one does where a role names none of the ordinary kinds.
pub(super) fn builds(may: &[String], folder: &str) -> bool {
    let named = |wanted: &str| may.iter().any(|right| right.strip_prefix("build:") == Some(wanted));
    let chosen = || {
        may.iter().filter_map(|right| right.strip_prefix("build:")).any(|folder| !GUARDED.contains(&folder))
    };
    let uses = may.iter().any(|right| right == "use_builder");
    named(folder) || (uses && !GUARDED.contains(&folder) && !chosen())
}

/// Whether something of this name can be built.
fn is_folder(name: &str) -> bool {
    Kind::of_folder(name).is_some() || OTHER_FOLDERS.contains(&name)
}

/// A role, compiled.
#[derive(Debug)]
pub struct RolePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: RoleDef,
    /// What it grants, by entity.
    pub entities: IndexMap<String, EntityGrants>,
}

/// What a role grants on one entity.
#[derive(Debug)]
pub struct EntityGrants {
    grants: Vec<(Action, GrantPlan)>,
    fields: IndexMap<String, FieldRight>,
}

/// On which rows an action is allowed.
#[derive(Debug, Clone)]
pub enum GrantPlan {
    /// On every row.
    All,
    /// On rows in any of these scopes.
    Scopes(Vec<Rows>),
    /// Where a condition holds.
    Where(ConditionPlan),
}

impl EntityGrants {
    /// Where the action is allowed; `None` for nowhere.
    pub fn of(&self, action: Action) -> Option<&GrantPlan> {
        self.grants.iter().find(|(granted, _)| *granted == action).map(|(_, grant)| grant)
    }

    /// Whether anything is allowed anywhere.
    pub fn is_any(&self) -> bool {
        !self.grants.is_empty()
    }

    /// What the role says of a field: by its key, else by `*`.
    pub fn field(&self, key: &str) -> Option<FieldRight> {
        self.fields.get(key).or_else(|| self.fields.get("*")).copied()
    }
}

impl RolePlan {
    /// Checks a role against the catalog.
    ///
    /// # Errors
    /// Every problem, with pointers into the role.
    pub fn compile(key: &str, def: &RoleDef, catalog: &Catalog) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut entities = IndexMap::new();
        for (entity, rights) in &def.entities {
            let at = format!("/entities/{entity}");
            if !catalog.entities.contains_key(entity) {
                let message = said!("没有实体 `{entity}`", "there is no entity `{entity}`");
                let help = did_you_mean(entity, catalog.entities.keys().map(String::as_str));
                problems.push(Problem::error("role.unknown_entity", at, message).help(help));
                continue;
            }
            check_fields(catalog, entity, rights, &at, &mut problems);
            let probes = Cell::new(first_probe(key, entity));
            let grants = compile_grants(rights, &Scope::of(catalog, entity, &probes), &at, &mut problems);
            entities.insert(entity.clone(), EntityGrants { grants, fields: rights.fields.clone() });
        }
        check_networks(def, &mut problems);
        for (index, right) in def.may.iter().enumerate() {
            let builds = right.strip_prefix("build:").is_some_and(is_folder);
            if !RIGHTS.contains(&right.as_str()) && !builds {
                let message = said!("`{right}` 不是一项权限", "`{right}` is not a right");
                let problem = Problem::error("role.unknown_right", format!("/may/{index}"), message);
                problems.push(problem.help(said!(
                    "可用的有 build:<目录>、{}",
                    "known are build:<folder>, {}",
                    RIGHTS.join(", ")
                )));
            }
        }
        if problems.is_empty() {
            Ok(Self { key: key.to_owned(), def: def.clone(), entities })
        } else {
            Err(problems)
        }
    }
}

/// Networks are written as an address and, after a slash, how many of its bits count.
fn check_networks(def: &RoleDef, problems: &mut Vec<Problem>) {
    let networks = def.sign_in.iter().flat_map(|demands| demands.networks.iter().enumerate());
    for (index, network) in networks {
        if network.parse::<ipnet::IpNet>().is_ok() || network.parse::<std::net::IpAddr>().is_ok() {
            continue;
        }
        let message = said!("`{network}` 不是网段", "`{network}` is not a network");
        let help =
            said!("例如 `10.0.0.0/8` 或 `203.0.113.7`。", "Write one such as `10.0.0.0/8` or `203.0.113.7`.");
        problems
            .push(Problem::error("role.network", format!("/sign_in/networks/{index}"), message).help(help));
    }
}

fn check_fields(
    catalog: &Catalog,
    entity: &str,
    rights: &EntityRights,
    at: &str,
    problems: &mut Vec<Problem>,
) {
    let known = &catalog.entities[entity].fields;
    for field in rights.fields.keys().filter(|field| *field != "*" && !known.contains_key(*field)) {
        let message = said!("`{entity}` 没有字段 `{field}`", "`{entity}` has no field `{field}`");
        let help = did_you_mean(field, known.keys().map(String::as_str));
        problems
            .push(Problem::error("role.unknown_field", format!("{at}/fields/{field}"), message).help(help));
    }
}

fn compile_grants(
    rights: &EntityRights,
    scope: &Scope<'_>,
    at: &str,
    problems: &mut Vec<Problem>,
) -> Vec<(Action, GrantPlan)> {
    let mut grants = Vec::new();
    for action in Action::ALL {
        let grant = match granted(rights, action) {
            Grant::Plain(false) => continue,
            Grant::Plain(true) => GrantPlan::All,
            Grant::Scope(rows) => GrantPlan::Scopes(vec![*rows]),
            Grant::Scopes(rows) if rows.is_empty() => continue,
            Grant::Scopes(rows) => GrantPlan::Scopes(rows.clone()),
            Grant::Where(granted) => match ConditionPlan::compile(&granted.condition, scope) {
                Ok(condition) => GrantPlan::Where(condition),
                Err(found) => {
                    let here = format!("{at}/{action}/where");
                    problems.extend(found.into_iter().map(|problem| problem.under(&here)));
                    continue;
                }
            },
        };
        grants.push((action, grant));
    }
    grants
}

/// What a role says of an action.
pub fn granted(rights: &EntityRights, action: Action) -> &Grant {
    match action {
        Action::Create => &rights.create,
        Action::Read => &rights.read,
        Action::Update => &rights.update,
        Action::Delete => &rights.delete,
        Action::Restore => &rights.restore,
        Action::Export => &rights.export,
        Action::Import => &rights.import,
        Action::Share => &rights.share,
        Action::Transfer => &rights.transfer,
        Action::Claim => &rights.claim,
        Action::Merge => &rights.merge,
    }
}

/// Probes of roles are numbered apart from those of the entity and of other roles, 256 for each.
pub(super) fn first_probe(role: &str, entity: &str) -> u32 {
    let hash = format!("{role}/{entity}")
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    0x8000_0000 | (hash & 0x007f_ffff) << 8
}
