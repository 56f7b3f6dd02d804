//! Places inside that may be called all the same: named by the operator for every workspace, or by a workspace for itself.

use std::net::{IpAddr, SocketAddr};

use super::address::{Reach, is_in, reach};

/// The most entries of a list.
const MOST: usize = 100;
/// The widest networks that an entry may name, in bits: of IPv4, of IPv6.
const WIDEST: (u32, u32) = (8, 32);
/// Names of this machine, and names that only a network of its own knows.
const HERE: [&str; 2] = ["localhost", "localdomain"];
/// Endings of names that only a network of its own knows.
const INTERNAL: [&str; 6] = ["local", "internal", "lan", "arpa", "intranet", "corp"];

/// Places that may be called though they are not the internet's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    place: Place,
    /// Every port when absent.
    port: Option<u16>,
    /// The operator may open this machine; a workspace only its network.
    by_operator: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Name(String),
    Network(IpAddr, u32),
}

impl Allowed {
    /// What the operator's settings name: `erp.corp`, `10.1.2.3:9000`, `10.1.0.0/16`, `[fd12::1]:443`.
    ///
    /// # Errors
    /// The entry that is none of these.
    pub fn by_operator(entries: &[String]) -> Result<Self, String> {
        Self::read(entries, true).map_err(|at| entries[at].clone())
    }

    /// What a workspace names: the same, but nothing of this machine, its link and its cloud.
    ///
    /// # Errors
    /// The place of the first entry that is none of these, or that names what no workspace may; 100 for the entry that
    /// is one too many.
    pub fn by_workspace(entries: &[String]) -> Result<Self, usize> {
        let allowed = Self::read(entries, false)?;
        match allowed.0.iter().position(|entry| !entry.place.may_be_opened()) {
            Some(at) => Err(at),
            None => Ok(allowed),
        }
    }

    fn read(entries: &[String], by_operator: bool) -> Result<Self, usize> {
        if entries.len() > MOST {
            return Err(MOST);
        }
        let read = entries.iter().enumerate().map(|(at, text)| Entry::read(text, by_operator).ok_or(at));
        Ok(Self(read.collect::<Result<_, _>>()?))
    }

    /// Whether a name may be looked up that is none of the internet's.
    pub(super) fn names(&self, host: &str, port: u16) -> bool {
        self.0
            .iter()
            .any(|entry| matches!(&entry.place, Place::Name(name) if name == host) && entry.is_at(port))
    }

    /// Whether this address may be called under this name.
    pub(super) fn opens(&self, host: &str, address: SocketAddr) -> bool {
        let inside = reach(address.ip()) == Reach::Inside;
        self.0.iter().any(|entry| {
            let meant = match &entry.place {
                Place::Name(name) => name == host,
                Place::Network(net, bits) => is_in(address.ip(), *net, *bits),
            };
            meant && entry.is_at(address.port()) && (inside || entry.by_operator)
        })
    }

    /// Whether a port may be called that is none of the usual ones.
    pub(super) fn opens_port(&self, host: &str, port: u16) -> bool {
        let literal: Option<IpAddr> = host.parse().ok();
        self.0.iter().any(|entry| {
            let meant = match &entry.place {
                Place::Name(name) => name == host,
                Place::Network(net, bits) => literal.is_some_and(|address| is_in(address, *net, *bits)),
            };
            meant && entry.is_at(port)
        })
    }
}

impl Entry {
    fn read(text: &str, by_operator: bool) -> Option<Self> {
        let (place, port) = parts(text.trim())?;
        Some(Self { place: Place::read(&place)?, port, by_operator })
    }

    fn is_at(&self, port: u16) -> bool {
        self.port.is_none_or(|own| own == port)
    }
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        if let Some((net, bits)) = text.split_once('/') {
            let (net, bits) = (net.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?);
            let (widest, narrowest) = if net.is_ipv4() { (WIDEST.0, 32) } else { (WIDEST.1, 128) };
            return (widest..=narrowest).contains(&bits).then_some(Self::Network(net, bits));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Network(address, if address.is_ipv4() { 32 } else { 128 }));
        }
        // The same reading of names as that of addresses to call.
        match url::Host::parse(text).ok()? {
            url::Host::Domain(name) => Some(Self::Name(name.trim_end_matches('.').to_owned())),
            url::Host::Ipv4(address) => Some(Self::Network(address.into(), 32)),
            url::Host::Ipv6(address) => Some(Self::Network(address.into(), 128)),
        }
        .filter(|place| !matches!(place, Self::Name(name) if name.is_empty()))
    }

    /// Whether a workspace may open it for itself.
    fn may_be_opened(&self) -> bool {
        match self {
            Self::Name(name) => !is_here(name),
            Self::Network(net, _) => reach(*net) != Reach::Never,
        }
    }
}

/// A place and its port: `erp.corp:8443`, `[fd12::1]:443`; an address of IPv6 without brackets has no port.
fn parts(text: &str) -> Option<(String, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if rest.is_empty() => None,
            None => return None,
        };
        return Some((address.to_owned(), port));
    }
    match text.rsplit_once(':') {
        Some((place, port)) if !place.contains(':') => Some((place.to_owned(), Some(port.parse().ok()?))),
        _ => Some((text.to_owned(), None)),
    }
}

/// Whether a name means this machine.
pub(super) fn is_here(name: &str) -> bool {
    HERE.iter().any(|own| name == *own || name.ends_with(&format!(".{own}")))
}

/// Whether a name is one that only a network of its own knows: of one word, or with such an ending.
pub(super) fn is_internal(name: &str) -> bool {
    !name.contains('.') || is_here(name) || INTERNAL.iter().any(|end| name.ends_with(&format!(".{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn entries_name_hosts_addresses_and_networks() {
        let allowed =
            Allowed::by_workspace(&list(&["ERP.corp:8443", "10.1.0.0/16", "fd12::1", "[fd13::1]:444"]));
        let allowed = allowed.expect("they are places");
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        assert!(allowed.opens("erp.corp", at("192.168.0.9:8443")));
        assert!(!allowed.opens("erp.corp", at("192.168.0.9:443")), "another port");
        assert!(
            allowed.opens("any.example", at("10.1.200.3:9999")) && !allowed.opens("x", at("10.2.0.1:80"))
        );
        assert!(allowed.opens("fd12::1", at("[fd12::1]:80")) && allowed.opens("x", at("[fd13::1]:444")));
        assert!(allowed.opens_port("erp.corp", 8443) && !allowed.opens_port("erp.corp", 22));
    }

    #[test]
    fn a_workspace_opens_its_network_and_the_operator_this_machine() {
        for (at, entry) in ["127.0.0.1", "localhost", "a.localhost:80", "169.254.169.254", "::1", "0.0.0.0/8"]
            .into_iter()
            .enumerate()
        {
            assert_eq!(Allowed::by_workspace(&list(&["erp.corp", entry])), Err(1), "{at}: {entry}");
            assert!(Allowed::by_operator(&list(&[entry])).is_ok(), "{entry}");
        }
        let name = list(&["erp.corp"]);
        let (own, ours) = (Allowed::by_workspace(&name), Allowed::by_operator(&name));
        let here: SocketAddr = "127.0.0.1:80".parse().expect("an address");
        assert!(!own.expect("a place").opens("erp.corp", here), "the name leads to this machine");
        assert!(ours.expect("a place").opens("erp.corp", here));
    }

    #[test]
    fn what_is_no_place_is_named() {
        for entry in
            ["", "a b", "http://erp.corp", "10.0.0.0/4", "10.0.0.0/33", "erp.corp:99999", "[fd12::1", "::/0"]
        {
            assert_eq!(Allowed::by_workspace(&list(&[entry])), Err(0), "{entry}");
        }
        assert_eq!(Allowed::by_workspace(&vec!["erp.corp".to_owned(); MOST + 1]), Err(MOST));
    }
}
