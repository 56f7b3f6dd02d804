//! What is demanded of everybody who signs in, and what their roles demand beyond it: networks, a second factor.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use kezhi_types::{Caller, Violation, Violations};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::notes::{AtDoor, DoorNote};
use crate::error::Error;
use crate::runtime::Runtime;

/// The setting.
const SETTING: &str = "sign_in";
/// How long what was read counts.
const FRESH: Duration = Duration::from_secs(2);
/// The most networks of the list.
const MOST: usize = 100;

/// What the workspace demands of everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInPolicy {
    /// Networks from which people may sign in and work, such as `10.0.0.0/8`; anywhere when empty.
    pub networks: Vec<String>,
    /// Whether a password alone is not enough, for anybody.
    pub second_factor: bool,
}

/// The policy as last read.
#[derive(Debug, Default)]
pub(crate) struct KeptPolicy(Mutex<Option<(Instant, Arc<SignInPolicy>)>>);

impl Runtime {
    /// What the workspace demands of everybody; for those who manage people or roles.
    ///
    /// # Errors
    /// Denied; the store's.
    pub async fn sign_in_policy(&self, caller: &Caller) -> Result<SignInPolicy, Error> {
        if self.require(caller, "manage_users").is_err() {
            self.require(caller, "manage_roles")?;
        }
        Ok((*self.policy().await?).clone())
    }

    /// Changes what the workspace demands of everybody.
    ///
    /// # Errors
    /// Denied; `session.prove_again`; `network.unknown` for what is no network; `network.own` where the caller could not
    /// ask any more from where they are.
    pub async fn save_sign_in_policy(
        &self,
        caller: &Caller,
        policy: SignInPolicy,
        address: Option<IpAddr>,
    ) -> Result<SignInPolicy, Error> {
        self.require(caller, "manage_roles")?;
        self.require_proof(caller)?;
        let mut wrong = Violations::default();
        if policy.networks.len() > MOST {
            wrong.0.push(Violation::new("network.too_many", "/networks").with("max", MOST));
        }
        for (index, network) in policy.networks.iter().enumerate().filter(|(_, text)| parsed(text).is_none())
        {
            wrong.0.push(
                Violation::new("network.unknown", format!("/networks/{index}"))
                    .with("value", network.as_str()),
            );
        }
        if wrong.0.is_empty() && address.is_some() && !lies_in(&policy.networks, address) {
            wrong.0.push(Violation::new("network.own", "/networks"));
        }
        if !wrong.0.is_empty() {
            return Err(wrong.into());
        }
        let mut tx = self.0.store.begin().await?;
        tx.save_setting(SETTING, &json!(policy)).await?;
        tx.commit().await?;
        *self.0.policy.0.lock() = None;
        let note =
            DoorNote { what: AtDoor::PolicyChanged, person: Some(caller.id), by: None, address, detail: "" };
        self.note_at_door(note).await;
        Ok(policy)
    }

    /// Whether somebody with these roles may ask from this address. Whoever has no address asks by the operator's socket.
    pub(super) async fn may_come_from(
        &self,
        roles: &[String],
        address: Option<IpAddr>,
    ) -> Result<bool, Error> {
        if address.is_none() {
            return Ok(true);
        }
        let policy = self.policy().await?;
        let plan = self.plan().ok();
        let demands = roles.iter().filter_map(|role| plan.as_ref()?.role_defs.get(role)?.sign_in.as_ref());
        let lists = demands.map(|demands| &demands.networks).chain([&policy.networks]);
        Ok(lists.into_iter().all(|list| lies_in(list, address)))
    }

    /// Whether a password alone is not enough for somebody with these roles.
    pub(super) async fn demands_second_factor(&self, roles: &[String]) -> Result<bool, Error> {
        if self.policy().await?.second_factor {
            return Ok(true);
        }
        let Ok(plan) = self.plan() else { return Ok(false) };
        let demands = roles.iter().filter_map(|role| plan.role_defs.get(role)?.sign_in.as_ref());
        Ok(demands.into_iter().any(|demands| demands.second_factor))
    }

    async fn policy(&self) -> Result<Arc<SignInPolicy>, Error> {
        if let Some((read, policy)) = &*self.0.policy.0.lock()
            && read.elapsed() < FRESH
        {
            return Ok(policy.clone());
        }
        let stored = self.0.store.reader().setting(SETTING).await?;
        let policy = stored.map(serde_json::from_value).transpose();
        let policy: SignInPolicy =
            policy.map_err(|error| Error::Internal(error.to_string()))?.unwrap_or_default();
        let policy = Arc::new(policy);
        *self.0.policy.0.lock() = Some((Instant::now(), policy.clone()));
        Ok(policy)
    }
}

/// A network, or a single address.
fn parsed(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Whether an address lies in one of the networks, or there is no list. What cannot be read holds nobody.
fn lies_in(networks: &[String], address: Option<IpAddr>) -> bool {
    let Some(address) = address.map(|address| address.to_canonical()) else { return true };
    networks.is_empty()
        || networks.iter().filter_map(|text| parsed(text)).any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_a_network_however_it_is_written() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let at = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        let office = list(&["10.0.0.0/8", "203.0.113.7", "2001:db8::/32"]);
        for inside in ["10.255.0.1", "203.0.113.7", "::ffff:10.1.2.3", "2001:db8:1::1"] {
            assert!(lies_in(&office, at(inside)), "{inside}");
        }
        for outside in ["11.0.0.1", "203.0.113.8", "::1", "2001:db9::1"] {
            assert!(!lies_in(&office, at(outside)), "{outside}");
        }
        assert!(lies_in(&[], at("8.8.8.8")), "no list is no limit");
        assert!(!lies_in(&list(&["nonsense"]), at("8.8.8.8")), "a broken list lets nobody in");
    }
}
