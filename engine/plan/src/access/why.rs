//! Why somebody may or may not: one sentence, for `explain`.

use kezhi_types::def::role::Scope;
use kezhi_types::text::Language;
use kezhi_types::{CallerKind, Record};

use super::role::GrantPlan;
use super::rows::contains;
use super::{Action, check, held};
use crate::app::{AppPlan, EntityPlan};
use crate::facts::{Circumstances, Facts};

/// One sentence saying which role allows the action on the record, or that none does, in the caller's language.
pub fn why(
    app: &AppPlan,
    entity: &EntityPlan,
    action: Action,
    (record, facts): (&Record, &Facts),
    c: &Circumstances,
) -> String {
    let chinese = c.caller.language == Language::Chinese;
    if c.caller.is_unlimited() {
        let administrator = c.caller.kind == CallerKind::Person;
        return match (chinese, administrator) {
            (true, true) => "管理员拥有全部权限",
            (true, false) => "由系统执行，拥有全部权限",
            (false, true) => "an administrator may do everything",
            (false, false) => "the system may do everything",
        }
        .to_owned();
    }
    let flat = record.flat();
    let allowing =
        held(app, entity, &c.caller).find(|(_, grants)| contains(grants, entity, action, (&flat, facts), c));
    let allowed = check(app, entity, action, (record, facts), c).is_ok();
    match (allowing, allowed, chinese) {
        (Some((role, grants)), true, _) => {
            let rows = grants.of(action).map(|grant| rows(grant, chinese)).unwrap_or_default();
            let title = &role.def.title;
            if chinese {
                format!("角色“{title}”允许：{rows}")
            } else {
                format!("the role “{title}” allows {rows}")
            }
        }
        (Some(_), false, true) => "这条记录不在可查看的范围内".to_owned(),
        (Some(_), false, false) => "the record is outside what may be read".to_owned(),
        (None, _, true) => "没有角色允许".to_owned(),
        (None, _, false) => "no role allows it".to_owned(),
    }
}

fn rows(grant: &GrantPlan, chinese: bool) -> String {
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
