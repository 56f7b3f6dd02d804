//! Shares: rows that are open to somebody beyond the rows that their roles reach.
//!
//! A share widens roles, it replaces none: a shared row counts as one of those that each role through which the person
//! reads the entity lets be read, and one that is shared for writing as one of those that such a role lets be changed.
//! So nobody sees through a share what no role of theirs lets them see of any row.

use std::cell::Cell;

use kezhi_types::def::role::Scope as Rows;
use kezhi_types::def::share::ShareDef;
use kezhi_types::query::Filter;
use kezhi_types::share::Access;
use kezhi_types::{Caller, Fields, Timestamp, said};

use super::Action;
use super::role::{GrantPlan, first_probe};
use super::rows::RowScope;
use crate::app::{AppPlan, EntityPlan};
use crate::catalog::{Catalog, did_you_mean};
use crate::condition::{ConditionPlan, FilterContext, Scope};
use crate::facts::{Circumstances, Facts, Sight};
use crate::problem::Problem;

/// A share rule, compiled.
#[derive(Debug)]
pub struct SharePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: ShareDef,
    /// With whom; see [`kezhi_types::share`].
    pub with: Vec<String>,
    /// Which records; all of them where there is none.
    pub condition: Option<ConditionPlan>,
}

impl SharePlan {
    /// Checks a share rule against the catalog.
    ///
    /// # Errors
    /// Every problem, with pointers into the rule.
    pub fn compile(key: &str, def: &ShareDef, catalog: &Catalog) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        if def.with.is_empty() {
            let message = said!("没有共享给任何人。", "It shares with nobody.");
            let help = said!(
                "在 `with` 中至少写一个角色、部门、团队或人员。",
                "Name at least one role, department, team or person in `with`."
            );
            problems.push(Problem::error("share.nobody", "/with", message).help(help));
        }
        if !catalog.entities.contains_key(&def.entity) {
            let message = said!("没有实体 `{}`。", "There is no entity `{}`.", def.entity);
            let help = did_you_mean(&def.entity, catalog.entities.keys().map(String::as_str));
            problems.push(Problem::error("reference.unknown_entity", "/entity", message).help(help));
            return Err(problems);
        }
        let probes = Cell::new(first_probe("share", key));
        let scope = Scope::of(catalog, &def.entity, &probes);
        let condition = match def.condition.as_ref().map(|one| ConditionPlan::compile(one, &scope)) {
            None => None,
            Some(Ok(condition)) => Some(condition),
            Some(Err(found)) => {
                problems.extend(found.into_iter().map(|problem| problem.under("/where")));
                None
            }
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        let with = def.with.iter().map(|one| one.subject()).collect();
        Ok(Self { key: key.to_owned(), def: def.clone(), with, condition })
    }

    /// Whether the rule shares with the caller.
    pub fn reaches(&self, caller: &Caller) -> bool {
        self.with.iter().any(|subject| caller.is_called(subject))
    }

    /// Whether the record is one of those that the rule shares. `facts` must hold what its condition asks.
    pub fn holds(&self, (flat, facts): (&Fields, &Facts), c: &Circumstances) -> bool {
        let sight = Sight { fields: flat, before: None, parent: None, facts, circumstances: c };
        self.condition.as_ref().is_none_or(|condition| condition.judge(&sight))
    }
}

/// What a share must allow for the action to reach a row through it; `None` where no share counts. Reading and changing go
/// by themselves, other actions where the role says `shared_with_me`.
pub(super) fn wanted(action: Action, grant: &GrantPlan) -> Option<Access> {
    let named = matches!(grant, GrantPlan::Scopes(scopes) if scopes.contains(&Rows::SharedWithMe));
    match action {
        _ if matches!(grant, GrantPlan::All) => None,
        Action::Create | Action::Import => None,
        Action::Read => Some(Access::Read),
        Action::Update => Some(Access::Write),
        Action::Export | Action::Share => named.then_some(Access::Read),
        _ => named.then_some(Access::Write),
    }
}

/// The rules that open rows of the entity to the caller, for this at least.
pub(super) fn rules<'a>(
    app: &'a AppPlan,
    entity: &'a EntityPlan,
    caller: &'a Caller,
    access: Access,
) -> impl Iterator<Item = &'a SharePlan> {
    app.shares.values().map(|rule| &**rule).filter(move |rule| {
        rule.def.entity == entity.key && rule.def.access >= access && rule.reaches(caller)
    })
}

/// Whether single rows of the entity are shared with somebody that the caller is.
pub(super) fn singly(entity: &EntityPlan, caller: &Caller) -> bool {
    caller.shared.contains(&entity.key)
}

/// Whether nothing of the entity is shared with the caller.
pub(super) fn none(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> bool {
    !singly(entity, caller) && rules(app, entity, caller, Access::Read).next().is_none()
}

/// The rows that shares add to those of the grant.
pub(super) fn opened(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    (action, grant): (Action, &GrantPlan),
    now: Timestamp,
) -> RowScope {
    let Some(access) = wanted(action, grant) else { return RowScope::Nothing };
    let mut opened = RowScope::Nothing;
    for rule in rules(app, entity, caller, access) {
        opened = opened.or(match &rule.condition {
            None => RowScope::All,
            Some(condition) => {
                let zone = jiff::tz::TimeZone::get(&app.zone).unwrap_or(jiff::tz::TimeZone::UTC);
                RowScope::Where(condition.filter(&FilterContext { caller, now, zone: &zone, record: None }))
            }
        });
    }
    if !singly(entity, caller) {
        return opened;
    }
    opened.or(RowScope::Where(Filter::Shared {
        path: Vec::new(),
        entity: entity.key.clone(),
        with: caller.subjects(),
        access,
        at: now,
    }))
}

/// Whether a share adds this record to those of the grant.
pub(super) fn opens(
    app: &AppPlan,
    entity: &EntityPlan,
    (action, grant): (Action, &GrantPlan),
    (flat, facts): (&Fields, &Facts),
    c: &Circumstances,
) -> bool {
    let Some(access) = wanted(action, grant) else { return false };
    facts.shared.flatten().is_some_and(|shared| shared >= access)
        || rules(app, entity, &c.caller, access).any(|rule| rule.holds((flat, facts), c))
}
