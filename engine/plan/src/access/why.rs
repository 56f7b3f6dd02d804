//! Why somebody may or may not: which role, share rule or share allows it, or which is missing.

use kezhi_types::def::role::{FieldRight, Scope};
use kezhi_types::share::Access;
use kezhi_types::text::Language;
use kezhi_types::{CallerKind, Record};
use serde::Serialize;

use super::fields::role_right;
use super::role::{GrantPlan, RolePlan};
use super::rows::{contains, grants};
use super::{Action, Held, check, held, roles, shares};
use crate::app::{AppPlan, EntityPlan};
use crate::facts::{Circumstances, Facts};

/// What takes part in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The caller needs no role.
    Unlimited,
    /// A role that the caller holds.
    Role,
    /// A share rule that reaches the caller.
    Rule,
    /// The record itself has been shared with the caller.
    Share,
}

/// One thing that allows an action on a record, or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// What it is.
    pub kind: Reason,
    /// Key of the role or the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it is called.
    pub title: String,
    /// The rows that it opens for the action, in words.
    pub rows: String,
    /// Whether it opens this record for the action.
    pub allows: bool,
    /// What it says of the field that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldRight>,
}

/// Whether an action on a record is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Whether it is.
    pub allowed: bool,
    /// The answer in one sentence.
    pub says: String,
    /// Everything that the caller holds and that speaks of the entity, allowing or not.
    pub because: Vec<Because>,
    /// Roles that the caller does not hold and that would allow it: `(key, title)`.
    pub missing: Vec<(String, String)>,
    /// What the caller may do with the field that was asked for, on this record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldRight>,
}

/// One sentence saying which role allows the action on the record, or that none does, in the caller's language.
pub fn why(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    (record, facts): (&Record, &Facts),
    c: &Circumstances,
) -> String {
    explain(app, entity, (action, None), (record, facts), (c, c.caller.language)).says
}

/// The same with everything that takes part, and of one field what may be done with it; in the language that is asked
/// for. A field that does not exist is hidden.
pub fn explain(
    app: &AppPlan,
    entity: &EntityPlan,
    (action, field): (Action, Option<&str>),
    (record, facts): (&Record, &Facts),
    (c, language): (&Circumstances, Language),
) -> Why {
    let chinese = language == Language::Chinese;
    let plan = field.and_then(|key| entity.fields.get(key));
    if c.caller.is_unlimited() {
        let field = field.map(|_| plan.map_or(FieldRight::Hidden, |_| FieldRight::Write));
        let says = unlimited(c.caller.kind == CallerKind::Person, chinese).to_owned();
        let rows = of_grant(&GrantPlan::All, chinese);
        let only =
            Because { kind: Reason::Unlimited, key: None, title: says.clone(), rows, allows: true, field };
        return Why { allowed: true, says, because: vec![only], missing: Vec::new(), field };
    }
    let flat = record.flat();
    let holding: Vec<Held<'_>> = held(app, entity, &c.caller).collect();
    let mut because = Vec::new();
    for role in roles(app, &c.caller) {
        let held = holding.iter().find(|held| held.role.key == role.key);
        let grant = held.and_then(|held| held.of(action));
        because.push(Because {
            kind: Reason::Role,
            key: Some(role.key.clone()),
            title: role.def.title.clone(),
            rows: grant.map_or_else(|| nothing(chinese).to_owned(), |grant| of_grant(grant, chinese)),
            allows: grant.is_some_and(|grant| grants(grant, entity, (&flat, facts), c)),
            field: plan.zip(held).map(|(plan, held)| role_right(plan, held.grants)),
        });
    }
    because.extend(by_shares(app, entity, (action, &holding), (&flat, facts), (c, chinese)));
    let allowed = check(app, entity, action, (record, facts), c).is_ok();
    let right = |held: &Held<'_>| plan.map(|plan| role_right(plan, held.grants));
    let seeing = holding.iter().filter(|held| contains(held, (app, entity), Action::Read, (&flat, facts), c));
    let field = field.map(|_| seeing.filter_map(right).max().unwrap_or(FieldRight::Hidden));
    let missing = if allowed { Vec::new() } else { lacking(app, entity, action, (&flat, facts), c) };
    Why { allowed, says: sentence(&because, allowed, chinese), because, missing, field }
}

/// What rules and single shares say. They widen the caller's roles: where none of these reaches any row, they open nothing.
fn by_shares(
    app: &AppPlan,
    entity: &EntityPlan,
    (action, holding): (Action, &[Held<'_>]),
    (flat, facts): (&kezhi_types::Fields, &Facts),
    (c, chinese): (&Circumstances, bool),
) -> Vec<Because> {
    let wanted = |held: &Held<'_>| {
        let grant = held.of(action)?;
        match (grant, action) {
            // A role that reaches every row needs no share; it is told of all the same.
            (GrantPlan::All, Action::Read) => Some(Access::Read),
            (GrantPlan::All, Action::Update) => Some(Access::Write),
            _ => shares::wanted(action, grant),
        }
    };
    let access = holding.iter().filter_map(wanted).min();
    let mut because = Vec::new();
    for rule in shares::rules(app, entity, &c.caller, Access::Read) {
        because.push(Because {
            kind: Reason::Rule,
            key: Some(rule.key.clone()),
            title: rule.def.title.clone(),
            rows: of_rule(rule, chinese),
            allows: access.is_some_and(|access| rule.def.access >= access) && rule.holds((flat, facts), c),
            field: None,
        });
    }
    if let Some(Some(shared)) = facts.shared {
        let (title, rows) = match (chinese, shared) {
            (true, Access::Read) => ("单条共享", "这条记录已共享给本人查看"),
            (true, Access::Write) => ("单条共享", "这条记录已共享给本人修改"),
            (false, Access::Read) => ("a share of the record", "the record is shared for reading"),
            (false, Access::Write) => ("a share of the record", "the record is shared for writing"),
        };
        let allows = access.is_some_and(|access| shared >= access);
        because.push(Because {
            kind: Reason::Share,
            key: None,
            title: title.to_owned(),
            rows: rows.to_owned(),
            allows,
            field: None,
        });
    }
    because
}

/// Roles that the caller does not hold and that would reach the record for the action.
fn lacking(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    (flat, facts): (&kezhi_types::Fields, &Facts),
    c: &Circumstances,
) -> Vec<(String, String)> {
    let lacked = |role: &&RolePlan| !c.caller.roles.contains(&role.key);
    let would = |role: &&RolePlan| {
        let reaches = |action| {
            let grant = role.entities.get(&entity.key).and_then(|grants| grants.of(action));
            grant.is_some_and(|grant| grants(grant, entity, (flat, facts), c))
        };
        reaches(action) && (action == Action::Create || reaches(Action::Read))
    };
    let roles = app.roles.values().map(|role| &**role).filter(lacked).filter(would);
    roles.map(|role| (role.key.clone(), role.def.title.clone())).collect()
}

fn sentence(because: &[Because], allowed: bool, chinese: bool) -> String {
    let Some(by) = because.iter().find(|one| one.allows) else {
        return if chinese { "没有角色允许" } else { "no role allows it" }.to_owned();
    };
    let (title, rows) = (&by.title, &by.rows);
    match (allowed, by.kind, chinese) {
        (false, _, true) => "这条记录不在可查看的范围内".to_owned(),
        (false, _, false) => "the record is outside what may be read".to_owned(),
        (true, Reason::Rule, true) => format!("共享规则“{title}”允许：{rows}"),
        (true, Reason::Rule, false) => format!("the share rule “{title}” allows {rows}"),
        (true, Reason::Share | Reason::Unlimited, _) => rows.clone(),
        (true, Reason::Role, true) => format!("角色“{title}”允许：{rows}"),
        (true, Reason::Role, false) => format!("the role “{title}” allows {rows}"),
    }
}

fn unlimited(administrator: bool, chinese: bool) -> &'static str {
    match (chinese, administrator) {
        (true, true) => "管理员拥有全部权限",
        (true, false) => "由系统执行，拥有全部权限",
        (false, true) => "an administrator may do everything",
        (false, false) => "the system may do everything",
    }
}

fn nothing(chinese: bool) -> &'static str {
    if chinese { "没有这项权限" } else { "nothing" }
}

fn of_rule(rule: &shares::SharePlan, chinese: bool) -> String {
    match (rule.condition.is_some(), rule.def.access, chinese) {
        (true, Access::Read, true) => "查看符合规则条件的记录",
        (true, Access::Write, true) => "查看和修改符合规则条件的记录",
        (false, Access::Read, true) => "查看全部记录",
        (false, Access::Write, true) => "查看和修改全部记录",
        (true, Access::Read, false) => "reading records that fulfil the rule's condition",
        (true, Access::Write, false) => "reading and changing records that fulfil the rule's condition",
        (false, Access::Read, false) => "reading every record",
        (false, Access::Write, false) => "reading and changing every record",
    }
    .to_owned()
}

fn of_grant(grant: &GrantPlan, chinese: bool) -> String {
    let scope = |scope: &Scope| match (scope, chinese) {
        (Scope::Own, true) => "本人的记录",
        (Scope::Own, false) => "one's own records",
        (Scope::Team, true) => "团队的记录",
        (Scope::Team, false) => "records of the team",
        (Scope::Department, true) => "本部门的记录",
        (Scope::Department, false) => "records of the department",
        (Scope::DepartmentAndBelow, true) => "本部门及下级部门的记录",
        (Scope::DepartmentAndBelow, false) => "records of the department and those below",
        (Scope::SharedWithMe, true) => "共享给本人的记录",
        (Scope::SharedWithMe, false) => "records shared with one",
    };
    match (grant, chinese) {
        (GrantPlan::All, true) => "全部记录".to_owned(),
        (GrantPlan::All, false) => "every record".to_owned(),
        (GrantPlan::Scopes(scopes), true) => scopes.iter().map(scope).collect::<Vec<_>>().join("、"),
        (GrantPlan::Scopes(scopes), false) => scopes.iter().map(scope).collect::<Vec<_>>().join(", "),
        (GrantPlan::Where(_), true) => "符合角色条件的记录".to_owned(),
        (GrantPlan::Where(_), false) => "records that fulfil the role's condition".to_owned(),
    }
}
