//! What is asked of routes about people, the door and the workspace. Most are refused to the watcher; a refusal tells
//! nothing either.

use reqwest::Method;
use serde_json::json;

use super::World;
use super::asks::{Ask, ask, send};

/// The same as `written`, for these routes.
pub(super) fn written(method: &str, route: &str, world: &World) -> Option<Vec<Ask>> {
    let nobody = "01980000-0000-7000-8000-0000000000ff";
    let post = |body| vec![send(Method::POST, route.replace("{id}", nobody).replace("{key}", "x"), body)];
    let of_watcher = |method: Method, body| vec![send(method, route.replace("{id}", &world.watcher), body)];
    let gone = |method: Method| vec![ask(method, route.replace("{id}", nobody))];
    Some(match (method, route) {
        // A secret is drawn by chance for the caller alone.
        ("post", "/api/me/totp") => vec![],
        ("post", "/api/session/second" | "/api/me/totp/confirm") => post(json!({ "code": "000000" })),
        ("post", "/api/session/proof") => post(json!({ "password": "not this one" })),
        ("post", "/api/session/passkey") => post(json!({ "step": "x", "credential": {} })),
        ("post", "/api/me/passkeys") => post(json!({ "step": "x", "title": "x", "credential": {} })),
        (
            "post",
            "/api/session/passkey/options"
            | "/api/session/oidc/{key}"
            | "/api/me/recovery-codes"
            | "/api/me/passkeys/options"
            | "/api/users/import"
            | "/api/departments/import"
            | "/api/audit/checkpoints"
            | "/api/audit/proof"
            | "/api/audit/export",
        ) => post(json!({})),
        ("delete", "/api/me/totp" | "/api/me/sessions") => vec![ask(Method::DELETE, route)],
        (
            "delete",
            "/api/me/passkeys/{id}"
            | "/api/me/identities/{id}"
            | "/api/me/sessions/{id}"
            | "/api/teams/{id}"
            | "/api/positions/{id}"
            | "/api/departments/{id}"
            | "/api/directory-tokens/{id}"
            | "/scim/v2/Users/{id}"
            | "/scim/v2/Groups/{id}",
        ) => gone(Method::DELETE),
        ("put", "/api/sign-in") => {
            vec![send(Method::PUT, route, json!({ "networks": [], "second_factor": false }))]
        }
        ("delete", "/api/users/{id}/sessions" | "/api/users/{id}/factors" | "/api/users/{id}/link") => {
            of_watcher(Method::DELETE, json!({}))
        }
        ("post", "/api/users/{id}/link") => of_watcher(Method::POST, json!({})),
        ("post", "/api/users/{id}/handover") => {
            of_watcher(Method::POST, json!({ "to": ["mia"], "dry_run": true }))
        }
        ("post", "/api/links") => post(json!({ "login": "mia" })),
        ("post", "/api/links/look") => post(json!({ "token": "none" })),
        ("post", "/api/links/use") => post(json!({ "token": "none", "password": "a long enough phrase 2" })),
        ("post", "/api/teams" | "/api/positions") => post(json!({ "title": "x" })),
        ("patch", "/api/teams/{id}" | "/api/positions/{id}") => {
            vec![send(Method::PATCH, route.replace("{id}", nobody), json!({ "title": "x" }))]
        }
        ("post", "/api/directory-tokens") => post(json!({ "name": "x" })),
        ("post", "/scim/v2/Users") => post(json!({ "userName": "x" })),
        ("post", "/scim/v2/Groups") => post(json!({ "displayName": "x" })),
        ("put" | "patch", "/scim/v2/Users/{id}" | "/scim/v2/Groups/{id}") => {
            let method = if method == "put" { Method::PUT } else { Method::PATCH };
            vec![send(method, route.replace("{id}", nobody), json!({ "userName": "x", "displayName": "x" }))]
        }
        ("put", "/api/outbound") => vec![send(Method::PUT, route, json!({ "allowed": [] }))],
        ("post", "/api/outbound/try") => post(json!({ "url": "https://example.com/" })),
        _ => return None,
    })
}
