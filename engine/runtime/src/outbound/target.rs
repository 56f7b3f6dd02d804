//! The address to call, taken apart once: what is checked is what is called.

use std::net::IpAddr;

use url::{Host, Url};

use super::Refusal;
use super::allowed::{Allowed, is_here, is_internal};

/// The longest address, in bytes.
const LONGEST: usize = 2_048;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub is_secure: bool,
    /// The name in lower case without a dot at its end, or the address.
    pub host: String,
    /// The address, where the host is one.
    pub address: Option<IpAddr>,
    pub port: u16,
    /// As it stands in the request: with the port where it is not the usual one.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

impl Target {
    /// Reads an address: `http` or `https`, no user in it, a port that may be called, a name of the internet.
    ///
    /// # Errors
    /// `outbound.url`, `outbound.port`, `outbound.inside`.
    pub fn read(text: &str, ports: &[u16], lists: &[&Allowed]) -> Result<Self, Refusal> {
        // Programs disagree on what these mean in an address, and that is how checks are led astray.
        let odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\';
        if text.len() > LONGEST || text.contains(odd) {
            return Err(Refusal::new("outbound.url"));
        }
        let url = Url::parse(text).map_err(|_| Refusal::new("outbound.url"))?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || has_user {
            return Err(Refusal::new("outbound.url"));
        }
        let (host, address) = match url.host() {
            Some(Host::Domain(name)) => (name.trim_end_matches('.').to_owned(), None),
            Some(Host::Ipv4(address)) => (address.to_string(), Some(IpAddr::from(address))),
            Some(Host::Ipv6(address)) => (address.to_string(), Some(IpAddr::from(address))),
            None => return Err(Refusal::new("outbound.url")),
        };
        if host.is_empty() {
            return Err(Refusal::new("outbound.url"));
        }
        let port = url.port_or_known_default().ok_or_else(|| Refusal::new("outbound.url"))?;
        if !ports.contains(&port) && !lists.iter().any(|list| list.opens_port(&host, port)) {
            return Err(Refusal::new("outbound.port").with("port", port).with("host", host));
        }
        let hidden = address.is_none() && (is_internal(&host) || is_here(&host));
        if hidden && !lists.iter().any(|list| list.names(&host, port)) {
            return Err(Refusal::new("outbound.inside").with("host", host));
        }
        let shown = if matches!(address, Some(IpAddr::V6(_))) { format!("[{host}]") } else { host.clone() };
        let authority = url.port().map_or_else(|| shown.clone(), |port| format!("{shown}:{port}"));
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { is_secure: url.scheme() == "https", host, address, port, authority, path })
    }
}
