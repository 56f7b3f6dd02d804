//! Who may audit, and who may not because of what else they may (三员分立): with `separate_duties` nobody has two of three
//! duties, to run the system, to manage people and their rights, to audit.

use std::sync::Arc;

use kezhi_plan::access;
use kezhi_plan::app::AppPlan;
use kezhi_types::{Caller, CallerKind, Violation, Violations};

use crate::error::Error;
use crate::runtime::Runtime;

/// The rights by which somebody has a duty, and what the duty is called in answers.
const DUTIES: [(&str, &[&str]); 3] = [
    ("manage_system", &["manage_system", "use_builder", "publish"]),
    ("manage_security", &["manage_security", "manage_users", "manage_roles"]),
    (AUDIT, &[AUDIT, "view_audit"]),
];
/// The right to audit, and what that duty is called.
pub(crate) const AUDIT: &str = "audit";

impl Runtime {
    /// Whether the caller may `view_audit`, or `audit`: export, prove and sign besides. Administrators may, unless duties
    /// are separate; then only a role gives it, and only to somebody who has no other duty.
    pub fn may_audit(&self, caller: &Caller, right: &str) -> bool {
        if caller.kind != CallerKind::Person {
            return true;
        }
        let Ok(plan) = self.plan() else { return !self.0.separate_duties && caller.is_unlimited() };
        if !self.0.separate_duties {
            return access::may(&plan, caller, right);
        }
        self.duties(&caller.roles) == [AUDIT] && access::may(&plan, caller, right)
    }

    /// Refuses who may not.
    ///
    /// # Errors
    /// Denied.
    pub(super) fn require_audit(&self, caller: &Caller, right: &str) -> Result<(), Error> {
        if self.may_audit(caller, right) { Ok(()) } else { Err(Error::denied(right, "audit")) }
    }

    /// Refuses roles that together give somebody two duties, where those are separate. The built-in `admin` runs the system
    /// and manages people: it was there before anybody else.
    ///
    /// # Errors
    /// `user.separate_duties`.
    pub(crate) fn keep_duties_apart(&self, roles: &[String]) -> Result<(), Error> {
        if !self.0.separate_duties {
            return Ok(());
        }
        let duties = self.duties(roles);
        let administers = roles.iter().any(|role| role == "admin") && !duties.contains(&AUDIT);
        if duties.len() < 2 || administers {
            return Ok(());
        }
        let told = Violation::new("user.separate_duties", "/roles").with("duties", duties.join(", "));
        Err(Violations::from(told).into())
    }

    /// Whether a token of somebody with these roles may carry the role: where duties are separate, none that audits unless
    /// auditing is all that its owner does. Else an administrator would audit by a token.
    pub(crate) fn may_lend(&self, roles: &[String], role: &String) -> bool {
        let audits = || self.duties(std::slice::from_ref(role)).contains(&AUDIT);
        !self.0.separate_duties || !audits() || self.duties(roles) == [AUDIT]
    }

    fn duties(&self, roles: &[String]) -> Vec<&'static str> {
        let plan = self.plan().ok();
        let administers = roles.iter().any(|role| role == "admin");
        let mut duties = Vec::new();
        for (duty, rights) in DUTIES {
            let gives = |plan: &Arc<AppPlan>| rights.iter().any(|right| access::holds(plan, roles, right));
            if plan.as_ref().is_some_and(gives) || administers && duty != AUDIT {
                duties.push(duty);
            }
        }
        duties
    }
}
