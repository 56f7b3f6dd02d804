//! Which rows an action reaches: as a filter for lists, and judged on one record.

use kezhi_types::condition::Op;
use kezhi_types::def::role::{FieldRight, Scope};
use kezhi_types::query::{Column, Filter, Part, Shape};
use kezhi_types::share::Access;
use kezhi_types::{Caller, Fields, Id, Record, Timestamp};
use serde_json::Value;

use super::fields::role_right;
use super::role::GrantPlan;
use super::{Action, Held, held, shares};
use crate::app::{AppPlan, EntityPlan};
use crate::condition::{ConditionPlan, FilterContext};
use crate::facts::{Circumstances, Facts, Needs, SharedNeed, Sight, follow};

/// Which rows an action reaches.
#[derive(Debug, Clone, PartialEq)]
pub enum RowScope {
    /// Every row.
    All,
    /// No row.
    Nothing,
    /// The rows that fulfil the filter.
    Where(Filter),
}

/// The caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the caller may not {action} `{entity}`")]
pub struct Denied {
    /// Key of the entity.
    pub entity: String,
    /// What was asked.
    pub action: Action,
}

impl RowScope {
    /// Rows of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Nothing, scope) | (scope, Self::Nothing) => scope,
            (Self::Where(one), Self::Where(other)) => Self::Where(Filter::Any(vec![one, other])),
        }
    }

    /// Rows of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::All, scope) | (scope, Self::All) => scope,
            (Self::Where(one), Self::Where(other)) if one == other => Self::Where(one),
            (Self::Where(one), Self::Where(other)) => Self::Where(Filter::All(vec![one, other])),
        }
    }

    /// As a filter; `None` for every row.
    pub fn into_filter(self) -> Option<Filter> {
        match self {
            Self::All => None,
            Self::Nothing => Some(Filter::Any(Vec::new())),
            Self::Where(filter) => Some(filter),
        }
    }
}

/// The rows that the caller's roles let the action reach. Nothing but create reaches a row that read does not.
pub fn row_scope(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    action: Action,
    now: Timestamp,
) -> RowScope {
    if caller.is_unlimited() {
        return RowScope::All;
    }
    let reach = |action| {
        held(app, entity, caller)
            .filter_map(|held| held.of(action))
            .fold(RowScope::Nothing, |scope, grant| {
                scope.or(as_scope(app, entity, caller, (action, grant), now))
            })
    };
    match action {
        Action::Read | Action::Create | Action::Import => reach(action),
        _ => reach(action).and(reach(Action::Read)),
    }
}

/// The rows on which the caller may read the field: those of the roles that may.
pub fn field_scope(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    field: &str,
    now: Timestamp,
) -> RowScope {
    if caller.is_unlimited() {
        return RowScope::All;
    }
    let plan = entity.fields.get(field);
    held(app, entity, caller)
        .filter(|held| plan.is_none_or(|plan| role_right(plan, held.grants) >= FieldRight::Read))
        .filter_map(|held| held.of(Action::Read))
        .fold(RowScope::Nothing, |scope, grant| {
            scope.or(as_scope(app, entity, caller, (Action::Read, grant), now))
        })
}

/// Whether the caller may do this to the record.
///
/// # Errors
/// [`Denied`] when no role allows it.
pub fn check(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    (record, facts): (&Record, &Facts),
    c: &Circumstances,
) -> Result<(), Denied> {
    if c.caller.is_unlimited() {
        return Ok(());
    }
    let flat = record.flat();
    let reaches = |action| {
        held(app, entity, &c.caller).any(|held| contains(&held, (app, entity), action, (&flat, facts), c))
    };
    let readable =
        || matches!(action, Action::Read | Action::Create | Action::Import) || reaches(Action::Read);
    if reaches(action) && readable() { Ok(()) } else { Err(denied(entity, action)) }
}

/// Whether there may be any record that the caller creates; [`check`] judges the one at hand.
///
/// # Errors
/// [`Denied`] when no role lets the caller create any.
pub fn check_create(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> Result<(), Denied> {
    let any =
        caller.is_unlimited() || held(app, entity, caller).any(|held| held.of(Action::Create).is_some());
    if any { Ok(()) } else { Err(denied(entity, Action::Create)) }
}

/// Whether the caller may give records of the entity to others, by the right `transfer` or by the action.
pub fn may_transfer(app: &AppPlan, entity: &EntityPlan, caller: &Caller) -> bool {
    super::may(app, caller, "transfer")
        || held(app, entity, caller).any(|held| held.of(Action::Transfer).is_some())
}

/// What `facts` does not answer yet of what [`check`] asks about this record: probes and records along paths
/// of one step.
pub fn needs(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    (record, facts): (&Record, &Facts),
    c: &Circumstances,
) -> Needs {
    let mut needs = Needs::default();
    if c.caller.is_unlimited() {
        return needs;
    }
    let (zone, flat) = (c.time_zone(), record.flat());
    let context = FilterContext { caller: &c.caller, now: c.now, zone: &zone, record: Some(&flat) };
    let mut ask = |condition: &ConditionPlan| {
        let probes = condition.probes(&context).into_iter();
        needs.probes.extend(probes.filter(|probe| !facts.probes.contains_key(&probe.number)));
        for path in &condition.reads().paths {
            along(path, &flat, facts, &mut needs);
        }
    };
    let mut shared: Option<Access> = None;
    for held in held(app, entity, &c.caller) {
        for action in [action, Action::Read] {
            let Some(grant) = held.of(action) else { continue };
            if let GrantPlan::Where(condition) = grant {
                ask(condition);
            }
            let wanted = shares::wanted(action, grant);
            shared = match (shared, wanted) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
    }
    if let Some(access) = shared {
        shares::rules(app, entity, &c.caller, access)
            .filter_map(|rule| rule.condition.as_ref())
            .for_each(ask);
        if facts.shared.is_none() && shares::singly(entity, &c.caller) {
            needs.shared = Some(SharedNeed { with: c.caller.subjects(), at: c.now });
        }
    }
    needs
}

fn along(path: &crate::condition::PathRead, flat: &Fields, facts: &Facts, needs: &mut Needs) {
    follow(&path.hops, flat, facts, &mut |entity, id| {
        if !facts.asked.contains(&id) {
            needs.records.insert((entity.to_owned(), id));
        }
    });
}

/// Whether the role, widened by shares, lets the action reach this record.
pub(super) fn contains(
    held: &Held<'_>,
    (app, entity): (&AppPlan, &EntityPlan),
    action: Action,
    (flat, facts): (&Fields, &Facts),
    c: &Circumstances,
) -> bool {
    let Some(grant) = held.of(action) else { return false };
    grants(grant, entity, (flat, facts), c) || shares::opens(app, entity, (action, grant), (flat, facts), c)
}

/// Whether the record is one of those that a role names by itself.
pub(super) fn grants(
    grant: &GrantPlan,
    entity: &EntityPlan,
    (flat, facts): (&Fields, &Facts),
    c: &Circumstances,
) -> bool {
    match grant {
        GrantPlan::All => true,
        GrantPlan::Scopes(scopes) => scopes.iter().any(|scope| in_scope(*scope, entity, &c.caller, flat)),
        GrantPlan::Where(condition) => {
            condition.judge(&Sight { fields: flat, before: None, parent: None, facts, circumstances: c })
        }
    }
}

pub(super) fn in_scope(scope: Scope, entity: &EntityPlan, caller: &Caller, flat: &Fields) -> bool {
    let id = |key: &str| flat.get(key).and_then(Value::as_str).and_then(|text| text.parse::<Id>().ok());
    match scope {
        Scope::Own => id(holder(entity)) == Some(caller.id),
        Scope::Team => id(holder(entity)).is_some_and(|id| id == caller.id || caller.team.contains(&id)),
        Scope::Department => caller.department.is_some() && id("department") == caller.department,
        Scope::DepartmentAndBelow => id("department").is_some_and(|id| below(caller).contains(&id)),
        // Whether it is shared is not for the record to say; see [`shares`].
        Scope::SharedWithMe => false,
    }
}

/// The rows of a grant of the action, with those that shares add.
pub(super) fn as_scope(
    app: &AppPlan,
    entity: &EntityPlan,
    caller: &Caller,
    (action, grant): (Action, &GrantPlan),
    now: Timestamp,
) -> RowScope {
    let own = match grant {
        GrantPlan::All => RowScope::All,
        GrantPlan::Scopes(scopes) => {
            scopes.iter().fold(RowScope::Nothing, |all, scope| all.or(of_scope(*scope, entity, caller)))
        }
        GrantPlan::Where(condition) => {
            let zone = jiff::tz::TimeZone::get(&app.zone).unwrap_or(jiff::tz::TimeZone::UTC);
            RowScope::Where(condition.filter(&FilterContext { caller, now, zone: &zone, record: None }))
        }
    };
    own.or(shares::opened(app, entity, caller, (action, grant), now))
}

fn of_scope(scope: Scope, entity: &EntityPlan, caller: &Caller) -> RowScope {
    let (field, ids) = match scope {
        Scope::Own => (holder(entity), vec![caller.id]),
        Scope::Team => {
            (holder(entity), std::iter::once(caller.id).chain(caller.team.iter().copied()).collect())
        }
        Scope::Department => ("department", caller.department.into_iter().collect()),
        Scope::DepartmentAndBelow => ("department", below(caller)),
        Scope::SharedWithMe => return RowScope::Nothing,
    };
    let mut ids: Vec<Value> = ids.into_iter().map(|id| Value::String(id.to_string())).collect();
    ids.dedup();
    let column = Column { field: field.to_owned(), part: Part::System, shape: Shape::Reference };
    match ids.len() {
        0 => RowScope::Nothing,
        1 => RowScope::Where(Filter::Compare { path: Vec::new(), column, op: Op::Eq, value: ids.remove(0) }),
        _ => RowScope::Where(Filter::Compare {
            path: Vec::new(),
            column,
            op: Op::In,
            value: Value::Array(ids),
        }),
    }
}

/// Whose a record is: its owner, or who created it where records belong to nobody.
fn holder(entity: &EntityPlan) -> &'static str {
    if entity.owner { "owner" } else { "created_by" }
}

fn below(caller: &Caller) -> Vec<Id> {
    let own = caller.department.filter(|id| !caller.departments_below.contains(id));
    own.into_iter().chain(caller.departments_below.iter().copied()).collect()
}

fn denied(entity: &EntityPlan, action: Action) -> Denied {
    Denied { entity: entity.key.clone(), action }
}
