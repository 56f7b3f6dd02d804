//! What the policy says of routes that are about no record: who passes the gate. What comes of it behind the gate is the
//! business of the tests of each route.

use axum::http::Method;
use serde_json::Value;

use super::case::{Case, Status};
use super::policy::Policy;
use super::rows::NO_ID;
use super::stage::{Carries, Stage};

/// Who passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Everybody who signed in.
    Open,
    /// Administrators; everybody else is denied.
    Needs,
    /// The same, and no administrator is asked, for it would change the stage.
    NeedsUnasked,
    /// Nobody finds anything there.
    Absent,
    /// Refused for what is asked, whoever asks.
    Wrong,
    /// Anything but a failure: an answer to the door, which opens by other means.
    Door,
    /// Nobody who comes by a session.
    Directory,
    /// Not asked here: the test that does is named.
    Elsewhere(&'static str),
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Json(&'static str),
    Text(&'static str),
    File,
}

use Gate::{Absent, Directory, Door, Elsewhere, Needs, NeedsUnasked, Open, Wrong};
use Sent::{File, Json, Nothing, Text};

const EMPTY: Sent = Json("{}");

/// The table: route, gate, the path with what it names filled in (`*` for an id that nothing has, `@` for somebody who works
/// here), and what is sent.
const GATES: &[(&str, Gate, &str, Sent)] = &[
    ("get /healthz", Open, "/healthz", Nothing),
    ("get /readyz", Open, "/readyz", Nothing),
    ("get /api/openapi.json", Open, "/api/openapi.json", Nothing),
    (
        "post /api/setup",
        Absent,
        "/api/setup",
        Json(r#"{"title": "x", "login": "x", "password": "a long enough phrase"}"#),
    ),
    ("get /api/setup", Absent, "/api/setup", Nothing),
    ("post /api/session", Wrong, "/api/session", Json(r#"{"login": "nobody at all", "password": "x"}"#)),
    ("get /api/session", Open, "/api/session", Nothing),
    ("delete /api/session", Elsewhere("tests/http/session.rs#signing_in_and_out"), "/api/session", Nothing),
    ("post /api/session/second", Wrong, "/api/session/second", Json(r#"{"code": "000000"}"#)),
    ("post /api/session/proof", Wrong, "/api/session/proof", Json(r#"{"password": "not this one"}"#)),
    ("post /api/session/passkey", Wrong, "/api/session/passkey", Json(r#"{"step": "x", "credential": {}}"#)),
    ("post /api/session/passkey/options", Door, "/api/session/passkey/options", EMPTY),
    ("post /api/session/oidc/{key}", Wrong, "/api/session/oidc/none", EMPTY),
    ("get /api/session/oidc/{key}/callback", Door, "/api/session/oidc/none/callback", Nothing),
    ("get /api/me", Open, "/api/me", Nothing),
    ("patch /api/me", Open, "/api/me", EMPTY),
    ("get /api/me/security", Open, "/api/me/security", Nothing),
    ("post /api/me/totp", Open, "/api/me/totp", EMPTY),
    ("delete /api/me/totp", Open, "/api/me/totp", Nothing),
    ("post /api/me/totp/confirm", Wrong, "/api/me/totp/confirm", Json(r#"{"code": "000000"}"#)),
    ("post /api/me/recovery-codes", Wrong, "/api/me/recovery-codes", EMPTY),
    (
        "post /api/me/passkeys",
        Wrong,
        "/api/me/passkeys",
        Json(r#"{"step": "x", "title": "x", "credential": {}}"#),
    ),
    ("post /api/me/passkeys/options", Door, "/api/me/passkeys/options", EMPTY),
    ("delete /api/me/passkeys/{id}", Wrong, "/api/me/passkeys/none", Nothing),
    ("delete /api/me/identities/{id}", Wrong, "/api/me/identities/none", Nothing),
    ("get /api/me/sessions", Open, "/api/me/sessions", Nothing),
    ("delete /api/me/sessions", Open, "/api/me/sessions", Nothing),
    ("delete /api/me/sessions/{id}", Absent, "/api/me/sessions/none", Nothing),
    ("get /api/sign-in", Needs, "/api/sign-in", Nothing),
    ("put /api/sign-in", Needs, "/api/sign-in", Json(r#"{"networks": [], "second_factor": false}"#)),
    ("delete /api/users/{id}/sessions", Needs, "/api/users/@/sessions", Nothing),
    ("delete /api/users/{id}/factors", Needs, "/api/users/@/factors", Nothing),
    ("get /api/users", Open, "/api/users", Nothing),
    ("post /api/users", Needs, "/api/users", Json(r#"{"login": "m_new", "name": "x", "roles": ["m_none"]}"#)),
    ("get /api/users/{id}", Open, "/api/users/@", Nothing),
    ("patch /api/users/{id}", Needs, "/api/users/@", Json(r#"{"name": "x"}"#)),
    ("post /api/users/import", Needs, "/api/users/import?dry_run=true", Text("login,name\nm_listed,x\n")),
    (
        "post /api/users/{id}/handover",
        Needs,
        "/api/users/@/handover",
        Json(r#"{"to": ["mia"], "dry_run": true}"#),
    ),
    ("post /api/users/{id}/link", Needs, "/api/users/@/link", EMPTY),
    ("delete /api/users/{id}/link", Needs, "/api/users/@/link", Nothing),
    ("post /api/links", Wrong, "/api/links", Json(r#"{"login": "noah"}"#)),
    ("post /api/links/look", Absent, "/api/links/look", Json(r#"{"token": "none"}"#)),
    (
        "post /api/links/use",
        Absent,
        "/api/links/use",
        Json(r#"{"token": "none", "password": "a long enough phrase"}"#),
    ),
    ("get /api/roles", Needs, "/api/roles", Nothing),
    ("get /api/departments", Open, "/api/departments", Nothing),
    ("post /api/departments", Needs, "/api/departments", Json(r#"{"title": "x"}"#)),
    (
        "post /api/departments/import",
        Needs,
        "/api/departments/import?dry_run=true",
        Text("key,title\nm_listed,x\n"),
    ),
    ("patch /api/departments/{id}", Needs, "/api/departments/*", Json(r#"{"title": "x"}"#)),
    ("delete /api/departments/{id}", Needs, "/api/departments/*", Nothing),
    ("get /api/teams", Open, "/api/teams", Nothing),
    ("post /api/teams", Needs, "/api/teams", Json(r#"{"title": "x"}"#)),
    ("patch /api/teams/{id}", Needs, "/api/teams/*", Json(r#"{"title": "x"}"#)),
    ("delete /api/teams/{id}", Needs, "/api/teams/*", Nothing),
    ("get /api/positions", Open, "/api/positions", Nothing),
    ("post /api/positions", Needs, "/api/positions", Json(r#"{"title": "x"}"#)),
    ("patch /api/positions/{id}", Needs, "/api/positions/*", Json(r#"{"title": "x"}"#)),
    ("delete /api/positions/{id}", Needs, "/api/positions/*", Nothing),
    ("get /api/directory-tokens", Needs, "/api/directory-tokens", Nothing),
    ("post /api/directory-tokens", Needs, "/api/directory-tokens", Json(r#"{"name": "x"}"#)),
    ("delete /api/directory-tokens/{id}", Needs, "/api/directory-tokens/*", Nothing),
    ("get /scim/v2/ServiceProviderConfig", Directory, "/scim/v2/ServiceProviderConfig", Nothing),
    ("get /scim/v2/ResourceTypes", Directory, "/scim/v2/ResourceTypes", Nothing),
    ("get /scim/v2/Schemas", Directory, "/scim/v2/Schemas", Nothing),
    ("get /scim/v2/Users", Directory, "/scim/v2/Users", Nothing),
    ("post /scim/v2/Users", Directory, "/scim/v2/Users", Json(r#"{"userName": "x"}"#)),
    ("get /scim/v2/Users/{id}", Directory, "/scim/v2/Users/@", Nothing),
    ("put /scim/v2/Users/{id}", Directory, "/scim/v2/Users/@", Json(r#"{"userName": "x"}"#)),
    ("patch /scim/v2/Users/{id}", Directory, "/scim/v2/Users/@", Json(r#"{"Operations": []}"#)),
    ("delete /scim/v2/Users/{id}", Directory, "/scim/v2/Users/@", Nothing),
    ("get /scim/v2/Groups", Directory, "/scim/v2/Groups", Nothing),
    ("post /scim/v2/Groups", Directory, "/scim/v2/Groups", Json(r#"{"displayName": "x"}"#)),
    ("get /scim/v2/Groups/{id}", Directory, "/scim/v2/Groups/*", Nothing),
    ("put /scim/v2/Groups/{id}", Directory, "/scim/v2/Groups/*", Json(r#"{"displayName": "x"}"#)),
    ("patch /scim/v2/Groups/{id}", Directory, "/scim/v2/Groups/*", Json(r#"{"Operations": []}"#)),
    ("delete /scim/v2/Groups/{id}", Directory, "/scim/v2/Groups/*", Nothing),
    ("get /api/tokens", Open, "/api/tokens", Nothing),
    ("post /api/tokens", Needs, "/api/tokens", Json(r#"{"name": "x"}"#)),
    ("delete /api/tokens/{id}", Absent, "/api/tokens/*", Nothing),
    ("get /api/see-as", Needs, "/api/see-as", Nothing),
    ("post /api/see-as", Needs, "/api/see-as", Json(r#"{"person": "@", "reason": "x"}"#)),
    ("delete /api/see-as/{id}", Absent, "/api/see-as/*", Nothing),
    ("get /api/app", Open, "/api/app", Nothing),
    ("get /api/regions", Open, "/api/regions", Nothing),
    ("post /api/batches/{id}/undo", Absent, "/api/batches/*/undo", EMPTY),
    ("post /api/imports/{id}/undo", Absent, "/api/imports/*/undo", EMPTY),
    ("get /api/jobs", Open, "/api/jobs", Nothing),
    ("get /api/jobs/{id}", Absent, "/api/jobs/*", Nothing),
    ("delete /api/jobs/{id}", Absent, "/api/jobs/*", Nothing),
    ("get /api/jobs/{id}/errors", Absent, "/api/jobs/*/errors", Nothing),
    ("get /api/jobs/{id}/groups", Absent, "/api/jobs/*/groups", Nothing),
    ("get /api/jobs/{id}/events", Absent, "/api/jobs/*/events", Nothing),
    ("post /api/merges/{id}/undo", Absent, "/api/merges/*/undo", EMPTY),
    ("post /api/files", Open, "/api/files", File),
    ("get /api/files/{id}", Absent, "/api/files/*", Nothing),
    ("get /api/tasks", Open, "/api/tasks", Nothing),
    ("get /api/tasks/{id}", Absent, "/api/tasks/*", Nothing),
    ("post /api/tasks/{id}/{action}", Absent, "/api/tasks/*/complete", EMPTY),
    ("post /api/tasks/batch", Open, "/api/tasks/batch", Json(r#"{"operations": []}"#)),
    ("get /api/runs/{id}", Absent, "/api/runs/*", Nothing),
    ("post /api/runs/{id}/{action}", Absent, "/api/runs/*/terminate", EMPTY),
    ("get /api/incidents", Needs, "/api/incidents", Nothing),
    ("post /api/incidents/{id}/{action}", Needs, "/api/incidents/*/retry", EMPTY),
    ("get /api/draft", Needs, "/api/draft", Nothing),
    ("post /api/draft/check", Needs, "/api/draft/check", EMPTY),
    ("post /api/draft/plan", Needs, "/api/draft/plan", EMPTY),
    ("post /api/draft/publish", Needs, "/api/draft/publish", EMPTY),
    ("get /api/draft/evolution/{entity}/{field}", Needs, "/api/draft/evolution/probe/name", Nothing),
    ("post /api/draft/discard", Needs, "/api/draft/discard", EMPTY),
    ("get /api/draft/{folder}/{file}", Needs, "/api/draft/entities/probe", Nothing),
    (
        "put /api/draft/{folder}/{file}",
        Needs,
        "/api/draft/menus/m_new",
        Json(r#"{"title": "x", "items": []}"#),
    ),
    ("delete /api/draft/{folder}/{file}", Needs, "/api/draft/menus/m_new", Nothing),
    ("post /api/grades/{grade}/try", Needs, "/api/grades/customer_value/try", EMPTY),
    ("get /api/releases", Needs, "/api/releases", Nothing),
    ("get /api/releases/{number}", Needs, "/api/releases/1", Nothing),
    ("post /api/releases/{number}/restore", Needs, "/api/releases/1/restore", Json(r#"{"dry_run": true}"#)),
    ("get /api/templates", Open, "/api/templates", Nothing),
    ("post /api/templates/{key}/install", NeedsUnasked, "/api/templates/retail-membership/install", EMPTY),
    ("get /api/sample", Needs, "/api/sample", Nothing),
    ("delete /api/sample", Needs, "/api/sample", Nothing),
    ("get /api/outbound", Needs, "/api/outbound", Nothing),
    ("put /api/outbound", Needs, "/api/outbound", Json(r#"{"allowed": []}"#)),
    ("post /api/outbound/try", Needs, "/api/outbound/try", Json(r#"{"url": "http://127.0.0.1/"}"#)),
    ("post /api/verify", Needs, "/api/verify", EMPTY),
    ("get /api/audit", Needs, "/api/audit", Nothing),
    ("get /api/audit/entries/{id}", Needs, "/api/audit/entries/n1", Nothing),
    ("get /api/audit/state", Needs, "/api/audit/state", Nothing),
    ("get /api/audit/key", Needs, "/api/audit/key", Nothing),
    ("get /api/audit/checkpoints", Needs, "/api/audit/checkpoints", Nothing),
    ("post /api/audit/checkpoints", Needs, "/api/audit/checkpoints", EMPTY),
    ("post /api/audit/proof", Needs, "/api/audit/proof", EMPTY),
    ("post /api/audit/export", Needs, "/api/audit/export", Json(r#"{"format": "csv"}"#)),
    ("get /api/audit/exports/{id}", Needs, "/api/audit/exports/*", Nothing),
    // The clock moves in a demo alone.
    ("post /api/clock", Absent, "/api/clock", Json(r#"{"advance": "1d"}"#)),
];

/// What is asked of one route by one actor; nothing where the table does not know the route.
pub(super) fn of_route(stage: &Stage, policy: &Policy, route: &str) -> Option<Vec<Case>> {
    let (_, gate, path, sent) = GATES.iter().find(|(known, ..)| *known == route)?;
    let unasked = match gate {
        Elsewhere(test) => !test.is_empty(),
        NeedsUnasked => policy.administers,
        _ => false,
    };
    if unasked {
        return Some(Vec::new());
    }
    let filled = |text: &str| text.replace('*', NO_ID).replace('@', &stage.bystander);
    let carries = match sent {
        Nothing => Carries::Nothing,
        Json(text) => {
            Carries::Json(serde_json::from_str::<Value>(&filled(text)).expect("the table holds JSON"))
        }
        Text(text) => Carries::Text(text),
        File => Carries::File("plain text\n"),
    };
    let method = route.split(' ').next().unwrap_or_default().to_uppercase();
    let method: Method = method.parse().expect("a route begins with its method");
    let changes = method != Method::GET;
    let case = Case::of(policy, route, (method, filled(path))).with(carries);
    let case = if changes { case.changing() } else { case };
    let denied = case.clone().refused((403, "access.denied"));
    Some(vec![match gate {
        Needs | NeedsUnasked if !policy.administers => denied,
        Open | Needs | NeedsUnasked => case.stands(Status::Through),
        Absent => case.is(404),
        Wrong => case.stands(Status::Refused),
        Directory => case.is(401),
        Door | Elsewhere(_) => case.stands(Status::Answered),
    }])
}

/// Routes that the table knows and the engine does not.
pub(super) fn gone(routes: &[String]) -> Vec<&'static str> {
    GATES
        .iter()
        .map(|(route, ..)| *route)
        .filter(|route| !routes.iter().any(|known| known == route))
        .collect()
}

/// Tests that ask what is not asked here.
pub(super) fn elsewhere() -> impl Iterator<Item = &'static str> {
    GATES.iter().filter_map(|(_, gate, ..)| if let Elsewhere(test) = gate { Some(*test) } else { None })
}
