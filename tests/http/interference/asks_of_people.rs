//! What is asked of routes about people, the door, directories and the audit. Whoever asks manages nobody: what they are
//! refused must not move either.

use reqwest::Method;
use serde_json::{Value, json};

use super::World;
use super::asks::{Ask, Body, ask, send};

/// What is asked of such a route that changes something; `None` where it is none of these.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn written(method: &str, route: &str, world: &World) -> Option<Vec<Ask>> {
    let nobody = "01980000-0000-7000-8000-0000000000ff";
    let path = route.replace("{id}", nobody).replace("{key}", "x");
    let of = |body: Value| {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method of HTTP");
        vec![send(method, path.clone(), body)]
    };
    let file =
        |text: &'static str| vec![Ask { method: Method::POST, path: path.clone(), body: Body::File(text) }];
    Some(match (method, route) {
        ("post", "/api/session/second" | "/api/session/proof") => of(json!({ "code": "000000" })),
        ("post", "/api/session/passkey") => of(json!({ "step": "x", "credential": {} })),
        ("post", "/api/session/oidc/{key}") => of(json!({})),
        ("post", "/api/me/totp/confirm") => of(json!({ "code": "000000" })),
        ("post", "/api/me/passkeys") => of(json!({ "step": "x", "title": "x", "credential": {} })),
        ("put", "/api/sign-in") => of(json!({ "second_factor": false })),
        ("post", "/api/users/{id}/handover") => {
            vec![send(
                Method::POST,
                format!("/api/users/{}/handover", world.watcher),
                json!({ "to": ["mia"] }),
            )]
        }
        ("post", "/api/users/import") => file("login,name\nx,x\n"),
        ("post", "/api/departments/import") => file("key,title\nx,x\n"),
        ("post", "/api/links") => of(json!({ "login": "mia" })),
        ("post", "/api/links/look") => of(json!({ "token": "x" })),
        ("post", "/api/links/use") => of(json!({ "token": "x", "password": "long enough to be taken" })),
        ("post" | "patch", "/api/teams" | "/api/positions" | "/api/teams/{id}" | "/api/positions/{id}") => {
            of(json!({ "key": "x", "title": "x" }))
        }
        ("post", "/api/directory-tokens") => of(json!({ "name": "x" })),
        ("post" | "put" | "patch", path) if path.starts_with("/scim/v2/") => of(json!({ "userName": "x" })),
        ("put", "/api/outbound") => of(json!({ "allowed": [] })),
        ("post", "/api/outbound/try") => of(json!({ "url": "https://example.com/" })),
        ("post", "/api/audit/export") => of(json!({ "format": "csv" })),
        (
            "post",
            "/api/session/passkey/options"
            | "/api/me/totp"
            | "/api/me/recovery-codes"
            | "/api/me/passkeys/options"
            | "/api/users/{id}/link"
            | "/api/audit/checkpoints"
            | "/api/audit/proof",
        ) => of(json!({})),
        (
            "delete",
            "/api/me/totp"
            | "/api/me/passkeys/{id}"
            | "/api/me/identities/{id}"
            | "/api/me/sessions"
            | "/api/me/sessions/{id}"
            | "/api/users/{id}/sessions"
            | "/api/users/{id}/factors"
            | "/api/users/{id}/link"
            | "/api/departments/{id}"
            | "/api/teams/{id}"
            | "/api/positions/{id}"
            | "/api/directory-tokens/{id}"
            | "/scim/v2/Users/{id}"
            | "/scim/v2/Groups/{id}",
        ) => vec![ask(Method::DELETE, path)],
        _ => return None,
    })
}
