//! What the settings say of the door: providers of OpenID Connect, and which proxies are believed when they say for whom
//! they ask.

use std::net::IpAddr;

use ipnet::IpNet;
use kezhi_runtime::people::OidcProvider;
use serde::Deserialize;

/// One `[[oidc]]` of `kezhi.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileProvider {
    /// Its key in addresses: letters, digits and `-`.
    pub key: String,
    /// What people read on its button.
    pub title: String,
    /// Its own name of itself.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// What is asked for beyond `openid`; `profile` when absent.
    pub scopes: Option<Vec<String>>,
    /// Roles of the accounts that are made for whoever is not linked yet; nobody is let in so when absent.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether it asks for a second factor itself.
    #[serde(default)]
    pub second_factor: bool,
}

/// The providers with their secrets, which come from `KEZHI_OIDC_<KEY>_SECRET` alone, so that no file holds them.
///
/// # Errors
/// A sentence naming the provider and what is wrong with it.
pub fn providers(
    files: Vec<FileProvider>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<OidcProvider>, String> {
    let mut providers: Vec<OidcProvider> = Vec::new();
    for file in files {
        let is_key =
            !file.key.is_empty() && file.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_key || providers.iter().any(|known| known.key == file.key) {
            return Err(format!("oidc: the key `{}` is taken, or not of letters, digits and -", file.key));
        }
        if !is_guarded(&file.issuer) {
            return Err(format!(
                "oidc {}: `{}` is no address that begins with https://",
                file.key, file.issuer
            ));
        }
        let name = file.key.to_ascii_uppercase().replace('-', "_");
        providers.push(OidcProvider {
            client_secret: variable(&format!("OIDC_{name}_SECRET")),
            key: file.key,
            title: file.title,
            issuer: file.issuer,
            client_id: file.client_id,
            scopes: file.scopes.unwrap_or_else(|| vec!["profile".to_owned()]),
            roles: file.roles,
            second_factor: file.second_factor,
        });
    }
    Ok(providers)
}

/// TLS, or this machine.
fn is_guarded(issuer: &str) -> bool {
    let local = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
    let is_local = local.iter().any(|host| {
        issuer
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
    });
    is_local || issuer.len() > "https://".len() && issuer.starts_with("https://")
}

/// The networks of the proxies that are believed.
///
/// # Errors
/// A sentence naming what is no network.
pub fn proxies(texts: &[String]) -> Result<Vec<IpNet>, String> {
    let one = |text: &String| {
        let text = text.trim();
        let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| format!("proxies: `{text}` is not a network such as 10.0.0.0/8"))
    };
    texts.iter().map(one).collect()
}

/// Who asks: the peer, or, where that is a proxy that is believed, the last address that no such proxy has.
pub fn asking(peer: IpAddr, forwarded: &[&str], proxies: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| proxies.iter().any(|network| network.contains(&address.to_canonical()));
    if !is_ours(&peer) {
        return peer;
    }
    let mut asking = peer;
    for part in forwarded.iter().flat_map(|line| line.split(',')).rev() {
        let part = part.trim();
        let bare = part.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or(part);
        // Whatever stands before something unreadable is anybody's invention.
        let Ok(address) = bare.parse::<IpAddr>() else { return asking };
        asking = address;
        if !is_ours(&address) {
            return asking;
        }
    }
    asking
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_proxies_that_are_named_are_believed() {
        let ours = proxies(&["10.0.0.0/8".to_owned(), "127.0.0.1".to_owned()]).expect("networks");
        assert_eq!(
            asking(at("203.0.113.9"), &["1.1.1.1"], &ours),
            at("203.0.113.9"),
            "a stranger may say what he likes"
        );
        assert_eq!(
            asking(at("10.0.0.1"), &["198.51.100.4, 203.0.113.9"], &ours),
            at("203.0.113.9"),
            "the last stranger"
        );
        assert_eq!(
            asking(at("10.0.0.1"), &["203.0.113.9, 10.0.0.7"], &ours),
            at("203.0.113.9"),
            "through two of ours"
        );
        assert_eq!(
            asking(at("10.0.0.1"), &["203.0.113.9", "10.0.0.7"], &ours),
            at("203.0.113.9"),
            "on two lines"
        );
        assert_eq!(asking(at("10.0.0.1"), &["nonsense, 10.0.0.7"], &ours), at("10.0.0.7"));
        assert_eq!(asking(at("::ffff:10.0.0.1"), &["[2001:db8::1]"], &ours), at("2001:db8::1"));
        assert_eq!(asking(at("10.0.0.1"), &[], &[]), at("10.0.0.1"));
        assert!(proxies(&["nonsense".to_owned()]).is_err());
    }

    #[test]
    fn a_provider_needs_tls_or_this_machine_and_a_key_of_its_own() {
        let one = |key: &str, issuer: &str| FileProvider {
            key: key.into(),
            title: "x".into(),
            issuer: issuer.into(),
            client_id: "kezhi".into(),
            scopes: None,
            roles: Vec::new(),
            second_factor: false,
        };
        let secret = |name: &str| (name == "OIDC_MY_COMPANY_SECRET").then(|| "s".to_owned());
        let read = providers(vec![one("my-company", "https://id.example.com")], secret).expect("read");
        assert_eq!(read[0].client_secret.as_deref(), Some("s"));
        assert!(!format!("{read:?}").contains("secret"), "{read:?}");
        for (key, issuer) in [
            ("a", "http://id.example.com"),
            ("a", "http://localhost.evil.example"),
            ("a", "https://"),
            ("", "https://id.example.com"),
            ("a/b", "https://id.example.com"),
        ] {
            assert!(providers(vec![one(key, issuer)], secret).is_err(), "{key} {issuer}");
        }
        let two = vec![one("a", "https://id.example.com"), one("a", "https://id.example.com")];
        assert!(providers(two, secret).is_err());
        assert!(providers(vec![one("a", "http://localhost:9000")], secret).is_ok());
    }
}
