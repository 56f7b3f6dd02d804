//! Who manages people, and that somebody always does: no change, no freeze and no release takes the last one away.

use kezhi_plan::access;
use kezhi_plan::app::AppPlan;
use kezhi_store::{Team, Tx, User};
use kezhi_types::{Caller, Violation, Violations};

use crate::error::Error;
use crate::runtime::Runtime;

/// What whoever manages people may do.
pub(crate) const MANAGE: &str = "manage_users";
/// What whoever gives roles that they do not hold may do.
pub(super) const GRANT: &str = "manage_roles";

/// Whether somebody can sign in and manage people then.
pub(crate) fn manages(plan: Option<&AppPlan>, user: &User) -> bool {
    let signs_in = user.active && user.password.is_some();
    signs_in && user.roles.iter().any(|role| may_by(plan, role, |may| access::grants(may, MANAGE)))
}

/// Whether a role is worth more than the records that it opens.
pub(super) fn is_powerful(plan: Option<&AppPlan>, user: &User) -> bool {
    user.roles.iter().any(|role| may_by(plan, role, |may| !may.is_empty()))
}

fn may_by(plan: Option<&AppPlan>, role: &str, right: impl Fn(&[String]) -> bool) -> bool {
    let held = plan.and_then(|plan| plan.roles.get(role));
    role == "admin" || held.is_some_and(|role| right(&role.def.may))
}

/// Nobody would be left.
pub(crate) fn nobody_left() -> Error {
    Error::Conflict {
        code: "user.last_administrator",
        detail: "nobody would be left who may manage users".into(),
        data: serde_json::Value::Null,
    }
}

impl Runtime {
    /// Refuses a caller whose roles do not carry `may`.
    pub(crate) fn require(&self, caller: &Caller, may: &str) -> Result<(), Error> {
        if caller.is_unlimited() || self.plan().is_ok_and(|plan| access::may(&plan, caller, may))
        {
            return Ok(());
        }
        Err(Error::denied(may, "workspace"))
    }

    /// No change of an administrator's account may leave nobody who can manage users; `stored` is the account as it was.
    /// Where there has been none, as before the set-up, nothing is lost.
    pub(super) async fn keep_an_administrator(&self, tx: &mut Tx, stored: &User) -> Result<(), Error> {
        let plan = self.plan().ok();
        let plan = plan.as_deref();
        if !manages(plan, stored) || tx.users().await?.iter().any(|user| manages(plan, user)) {
            return Ok(());
        }
        Err(nobody_left())
    }

    /// The same of a release that takes rights from roles.
    pub(crate) async fn keep_managers(
        &self,
        tx: &mut Tx,
        (old, new): (Option<&AppPlan>, &AppPlan),
    ) -> Result<(), Error> {
        let users = tx.users().await?;
        let any = |plan: Option<&AppPlan>| users.iter().any(|user| manages(plan, user));
        if any(Some(new)) || !any(old) { Ok(()) } else { Err(nobody_left()) }
    }

    /// Roles that come or go must exist, and nobody gives or takes one that they do not hold unless they may manage roles.
    pub(super) fn check_roles(
        &self,
        caller: &Caller,
        (before, after): (&[String], &[String]),
    ) -> Result<(), Error> {
        let plan = self.plan().ok();
        let known =
            |role: &str| role == "admin" || plan.as_ref().is_some_and(|plan| plan.roles.contains_key(role));
        let given = after.iter().filter(|role| !before.contains(role));
        if let Some(role) = given.clone().find(|role| !known(role)) {
            let unknown = Violation::new("user.unknown_role", "/roles").with("value", role.clone());
            return Err(Violations::from(unknown).into());
        }
        let taken = before.iter().filter(|role| !after.contains(role));
        if given.chain(taken).any(|role| !caller.roles.contains(role)) {
            self.require(caller, GRANT)?;
        }
        Ok(())
    }

    /// Nobody brings the records of others within their own reach by managing people: not by moving themselves to another
    /// department, nor by becoming somebody's superior.
    pub(crate) fn keep_reach(&self, caller: &Caller, (before, after): (&User, &User)) -> Result<(), Error> {
        let moves = caller.id == after.id && before.department != after.department;
        let becomes_superior = after.manager == Some(caller.id) && before.manager != after.manager;
        if moves || becomes_superior { self.require(caller, GRANT) } else { Ok(()) }
    }

    /// The same of joining a team, or leading one.
    pub(super) fn keep_reach_of_team(
        &self,
        caller: &Caller,
        (before, after): (Option<&Team>, &Team),
    ) -> Result<(), Error> {
        let is_in = |team: &Team| team.leader == Some(caller.id) || team.members.contains(&caller.id);
        let widens = before.is_none_or(|before| {
            !is_in(before) || before.members.len() < after.members.len() || before.leader != after.leader
        });
        if is_in(after) && widens { self.require(caller, GRANT) } else { Ok(()) }
    }

    /// Whether somebody may change what opens another's account: whoever could, could do all that the other may.
    pub(crate) fn may_hold_keys_of(&self, caller: &Caller, user: &User) -> Result<(), Error> {
        if caller.id == user.id || user.roles.iter().all(|role| caller.roles.contains(role)) {
            return Ok(());
        }
        self.require(caller, GRANT)
    }
}
