//! Who manages people, and that somebody always does: no change, no freeze and no release takes the last one away.

use kezhi_plan::access;
use kezhi_plan::app::AppPlan;
use kezhi_store::{Department, Team, Tx, User};
use kezhi_types::def::workflow::AssigneeDef;
use kezhi_types::{Caller, Id, Violation, Violations, share};

use super::directory::Directory;
use crate::error::Error;
use crate::runtime::Runtime;

/// What whoever manages people may do.
pub(crate) const MANAGE: &str = "manage_users";
/// What whoever gives roles that they do not hold may do.
pub(crate) const GRANT: &str = "manage_roles";

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

/// Whether share rules or workflows name somebody by this login: whoever has it gets what they give.
fn is_named(plan: &AppPlan, login: &str) -> bool {
    let asks =
        |assignee: &AssigneeDef| matches!(assignee, AssigneeDef::Person(named) if named.person == login);
    let subject = share::login(login);
    plan.shares.values().any(|rule| rule.with.contains(&subject))
        || plan.workflows.values().any(|workflow| {
            let desks = workflow.nodes.keys().filter_map(|node| workflow.desk(node));
            desks.into_iter().any(|desk| desk.assignees.iter().any(asks))
        })
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
        if caller.is_unlimited() || self.plan().is_ok_and(|plan| access::may(&plan, caller, may)) {
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
    /// department or under another superior, nor by becoming somebody's superior. Whoever is in no team shares with those
    /// who have the same superior, so nobody is put beside the caller either. And no account gets a login that definitions
    /// name.
    pub(crate) fn keep_reach(
        &self,
        caller: &Caller,
        directory: &Directory,
        (before, after): (Option<&User>, &User),
    ) -> Result<(), Error> {
        let placed_anew = before.is_none_or(|before| before.manager != after.manager);
        let moves = caller.id == after.id
            && (placed_anew || before.is_some_and(|before| before.department != after.department));
        let becomes_superior = placed_anew && after.manager == Some(caller.id);
        let own = directory.users.get(&caller.id).and_then(|own| own.manager);
        // Whoever is new has no records yet.
        let beside = placed_anew
            && before.is_some()
            && own.is_some()
            && after.manager == own
            && directory.teams_of(caller.id).next().is_none();
        let renamed = before.is_none_or(|before| before.login != after.login);
        let named = || self.plan().is_ok_and(|plan| is_named(&plan, &after.login));
        if moves || becomes_superior || beside || renamed && named() {
            return self.require(caller, GRANT);
        }
        Ok(())
    }

    /// The same of being in a team or leading one, of leaving it, and of who is in it beside oneself.
    pub(super) fn keep_reach_of_team(
        &self,
        caller: &Caller,
        (before, after): (Option<&Team>, Option<&Team>),
    ) -> Result<(), Error> {
        let is_in = |team: &Team| team.leader == Some(caller.id) || team.members.contains(&caller.id);
        let knew = |person: Id| {
            before.is_some_and(|before| before.leader == Some(person) || before.members.contains(&person))
        };
        let was_in = before.is_some_and(is_in);
        let widens = match after.filter(|after| is_in(after)) {
            Some(after) => {
                !was_in
                    || before.is_some_and(|before| before.key != after.key)
                    || after.members.iter().copied().chain(after.leader).any(|one| !knew(one))
            }
            None => was_in,
        };
        if widens { self.require(caller, GRANT) } else { Ok(()) }
    }

    /// The same of the teams that an account is to be in.
    pub(crate) fn keep_reach_of_teams(
        &self,
        caller: &Caller,
        directory: &Directory,
        (person, named): (Id, &[String]),
    ) -> Result<(), Error> {
        if caller.id == person {
            return self.require(caller, GRANT);
        }
        for name in named {
            let team = directory.team_named(name)?;
            let joins = |team: &&Team| !team.members.contains(&person);
            if directory.teams_of(caller.id).filter(joins).any(|own| own.id == team) {
                return self.require(caller, GRANT);
            }
        }
        Ok(())
    }

    /// The same of a department that comes to lie below one's own, that one is in and that gets another key, and of leading one or standing in there: whoever leads
    /// decides what workflows bring to the head. `stored` is how departments lay before, `placed` how they lie then.
    pub(crate) fn keep_reach_of_department(
        &self,
        caller: &Caller,
        (stored, placed): (&Directory, &Directory),
        after: &Department,
    ) -> Result<(), Error> {
        let before = stored.departments.get(&after.id);
        let leads = |found: &Department| found.head == Some(caller.id) || found.deputies.contains(&caller.id);
        let begins_to_lead = leads(after) && !before.is_some_and(leads);
        let comes_below = before.is_some_and(|before| before.parent != after.parent)
            && caller.department.is_some_and(|own| {
                placed.below(own).contains(&after.id) && !stored.below(own).contains(&after.id)
            });
        let renamed = before.is_some_and(|before| before.key != after.key);
        let is_own = || caller.department.is_some_and(|own| placed.below(after.id).contains(&own));
        if begins_to_lead || comes_below || renamed && is_own() {
            self.require(caller, GRANT)
        } else {
            Ok(())
        }
    }

    /// Whether somebody may shut another out, or let them in again: not who holds special rights that they do not hold.
    pub(crate) fn may_stop(&self, caller: &Caller, user: &User) -> Result<(), Error> {
        if is_powerful(self.plan().ok().as_deref(), user) {
            return self.may_hold_keys_of(caller, user);
        }
        Ok(())
    }

    /// Whether somebody may change what opens another's account: whoever could, could do all that the other may.
    pub(crate) fn may_hold_keys_of(&self, caller: &Caller, user: &User) -> Result<(), Error> {
        if caller.id == user.id || user.roles.iter().all(|role| caller.roles.contains(role)) {
            return Ok(());
        }
        self.require(caller, GRANT)
    }
}
