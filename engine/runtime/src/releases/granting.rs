//! Who may make which definitions live. Beyond the right to build a kind of definition, nobody grants by a role or a share
//! rule more than they hold themselves, unless they may make roles.

use std::collections::BTreeSet;

use kezhi_plan::access::{self, Action, RowScope, granted, role_says};
use kezhi_plan::app::AppPlan;
use kezhi_types::Caller;
use kezhi_types::def::files::{Folder, Kind};
use kezhi_types::def::role::{EntityRights, Grant, RoleDef};
use kezhi_types::def::share::ShareDef;
use kezhi_types::share::Access;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// Refuses a caller who may not make these changes live, whatever way they come: a draft, a template, an earlier release.
    ///
    /// # Errors
    /// Denied, naming the right that is missing or what would be granted.
    pub(super) fn may_make_live(&self, caller: &Caller, live: &Folder, next: &Folder) -> Result<(), Error> {
        if caller.is_unlimited() {
            return Ok(());
        }
        let paths: BTreeSet<&String> = live.0.keys().chain(next.0.keys()).collect();
        let changed: Vec<&String> =
            paths.into_iter().filter(|path| live.get(path) != next.get(path)).collect();
        for path in &changed {
            self.require_build(caller, folder_of(path))?;
        }
        if self.require(caller, "manage_roles").is_ok() {
            return Ok(());
        }
        let plan = self.plan()?;
        for path in changed {
            let more = match Folder::definition(path) {
                Some((Kind::Role, _)) => {
                    let (old, new): (Option<RoleDef>, Option<RoleDef>) =
                        (read(live.get(path)), read(next.get(path)));
                    let beyond = new.as_ref().and_then(|new| role_beyond(&plan, caller, old.as_ref(), new));
                    beyond.or_else(|| demands_less(old.as_ref(), new.as_ref()))
                }
                Some((Kind::Share, _)) => {
                    let before: Option<ShareDef> = read(live.get(path));
                    read(next.get(path))
                        .filter(|new| before.as_ref() != Some(new))
                        .and_then(|new| share_beyond(self, &plan, caller, &new))
                }
                _ => None,
            };
            if let Some(more) = more {
                return Err(Error::denied("grant", format!("{path}: {more}")));
            }
        }
        Ok(())
    }

    /// Refuses a caller who may not draft and publish this kind of definition.
    pub(super) fn require_build(&self, caller: &Caller, folder: &str) -> Result<(), Error> {
        self.require(caller, "use_builder")?;
        let may =
            caller.is_unlimited() || self.plan().is_ok_and(|plan| access::may_build(&plan, caller, folder));
        if may { Ok(()) } else { Err(Error::denied(format!("build:{folder}"), "workspace")) }
    }
}

/// The folder that a right to build names.
fn folder_of(path: &str) -> &str {
    path.split_once('/').map_or("manifest", |(folder, _)| folder)
}

/// A definition; nothing of one that is not there or cannot be read, which the compiler tells.
fn read<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| serde_json::from_str(text).ok())
}

/// What a role would grant anew that the caller does not hold: `customer.delete`, `customer.fields.salary`, `publish`.
fn role_beyond(plan: &AppPlan, caller: &Caller, old: Option<&RoleDef>, new: &RoleDef) -> Option<String> {
    let kept = |right: &&String| !old.is_some_and(|old| old.may.contains(right));
    if let Some(right) = new.may.iter().filter(kept).find(|right| !access::may(plan, caller, right)) {
        return Some(right.clone());
    }
    let own: Vec<&RoleDef> =
        caller.roles.iter().filter_map(|key| plan.roles.get(key)).map(|role| &role.def).collect();
    let nothing = EntityRights::default();
    for (key, rights) in &new.entities {
        let before = old.and_then(|old| old.entities.get(key)).unwrap_or(&nothing);
        let held: Vec<&EntityRights> = own.iter().filter_map(|role| role.entities.get(key)).collect();
        for action in Action::ALL {
            let grant = granted(rights, action);
            let known = *grant == *granted(before, action) || grant.is_no();
            let holds = || held.iter().any(|own| covers(granted(own, action), grant));
            if !known && !holds() {
                return Some(format!("{key}.{action}"));
            }
        }
        let Some(entity) = plan.entity(key) else { continue };
        let own = access::field_rights(plan, entity, caller);
        for field in entity.fields.values() {
            let was =
                old.filter(|old| old.entities.contains_key(key)).map(|_| role_says(field, &before.fields));
            let is = role_says(field, &rights.fields);
            if Some(is) > was && own.of(&field.key) < is {
                return Some(format!("{key}.fields.{}", field.key));
            }
        }
    }
    None
}

/// A role that no longer demands of its people what it did: whoever takes a demand away could work without it.
fn demands_less(old: Option<&RoleDef>, new: Option<&RoleDef>) -> Option<String> {
    let before = old?.sign_in.as_ref()?;
    let same = new.is_some_and(|new| new.sign_in.as_ref() == Some(before));
    (!same).then(|| "sign_in".to_owned())
}

/// Whether somebody who holds the one may hand out the other.
fn covers(own: &Grant, other: &Grant) -> bool {
    match (own, other) {
        (Grant::Plain(true), _) => true,
        (Grant::Scope(own), Grant::Scope(other)) => own == other,
        (Grant::Scopes(own), Grant::Scope(other)) => own.contains(other),
        (Grant::Scopes(own), Grant::Scopes(other)) => other.iter().all(|scope| own.contains(scope)),
        (own, other) => own == other,
    }
}

/// What a share rule opens that the caller does not hold on every record.
fn share_beyond(runtime: &Runtime, plan: &AppPlan, caller: &Caller, rule: &ShareDef) -> Option<String> {
    let entity = plan.entity(&rule.entity)?;
    let now = runtime.0.clock.now();
    let wanted: &[Action] =
        if rule.access == Access::Write { &[Action::Read, Action::Update] } else { &[Action::Read] };
    let beyond = |action: &&Action| access::row_scope(plan, entity, caller, **action, now) != RowScope::All;
    wanted.iter().find(beyond).map(|action| format!("{}.{action}", rule.entity))
}
