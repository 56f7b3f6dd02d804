//! Signing in and out, who am I, and the first set-up.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, RequestExt};
use kezhi_plan::access;
use kezhi_runtime::Error;
use kezhi_runtime::people::{SeenAs, Setup, UserChange};
use kezhi_types::def::files::Kind;
use kezhi_types::text::Language;
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::{COOKIE, SignedIn, answers_demo, is_loopback, language_of, network_of};
use crate::body::{Json, parse};
use crate::problem::Problem;

/// What administrators and roles may be allowed to do, building apart.
const MAY: [&str; 8] = [
    "use_builder",
    "publish",
    "manage_users",
    "manage_roles",
    "view_audit",
    "transfer",
    "edit_in_approval",
    "use_api",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    login: String,
    password: String,
}

/// `POST /api/session` → `200 {csrf_token, must_change}` and one `Set-Cookie`.
pub(super) async fn sign_in(State(app): State<App>, request: Request) -> Answer {
    let language = language_of(request.headers());
    let demo = answers_demo(&app, &request);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let Json(given) = request.extract::<Json<Credentials>, _>().await?;
    let network = network_of(peer);
    let signed_in = app
        .runtime()
        .sign_in(&given.login, &given.password, (&network, demo))
        .await
        .map_err(refused(language))?;
    let answer = json!({ "csrf_token": signed_in.csrf, "must_change": signed_in.must_change });
    let mut response = axum::Json(answer).into_response();
    let secure = if app.settings().public_url.as_deref().is_some_and(|url| url.starts_with("https://")) {
        "; Secure"
    } else {
        ""
    };
    set_cookie(
        &mut response,
        &format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800{secure}", signed_in.token),
    );
    Ok(response)
}

/// `DELETE /api/session` → `204`, whoever asks.
pub(super) async fn sign_out(State(app): State<App>, signed_in: Option<Extension<SignedIn>>) -> Answer {
    if let Some(Extension(SignedIn { token, caller, .. })) = signed_in {
        app.runtime().sign_out(&token).await.map_err(refused(caller.language))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    Ok(response)
}

/// `GET /api/me` → who am I, what may I, `csrf_token` again.
pub(super) async fn me(
    State(app): State<App>,
    signed_in: Option<Extension<SignedIn>>,
    seen: Option<Extension<SeenAs>>,
) -> Answer {
    let Some(Extension(SignedIn { caller, csrf, .. })) = signed_in else {
        return Err(Problem::from(Error::Unauthenticated).respond(Language::default()));
    };
    let plan = app.runtime().plan().ok();
    let allowed = |may: &&str| {
        caller.is_unlimited() || plan.as_ref().is_some_and(|plan| access::may(plan, &caller, may))
    };
    let builds = |kind: &Kind| {
        let of = kind.folder();
        caller.is_unlimited() || plan.as_ref().is_some_and(|plan| access::may_build(plan, &caller, of))
    };
    let kinds = Kind::ALL.into_iter().filter(builds).map(|kind| format!("build:{}", kind.folder()));
    let may: Vec<String> = MAY.into_iter().filter(allowed).map(str::to_owned).chain(kinds).collect();
    let account = app.runtime().get_user(&caller, caller.id).await.ok();
    Ok(axum::Json(json!({
        "id": caller.id,
        "login": account.as_ref().map(|account| &account.login),
        "name": caller.name,
        "email": account.as_ref().and_then(|account| account.email.as_ref()),
        "roles": caller.roles,
        "department": caller.department,
        "may": may,
        "language": account.as_ref().and_then(|account| account.language),
        "must_change": account.as_ref().is_some_and(|account| account.must_change),
        "csrf_token": csrf,
        "see_as": seen.map(|Extension(seen)| seen.viewing),
    }))
    .into_response())
}

/// `PATCH /api/me` `{name?, email?, language?, password?}`.
pub(super) async fn change_me(
    State(app): State<App>,
    crate::auth::Asking(caller): crate::auth::Asking,
    Json(change): Json<UserChange>,
) -> Answer {
    let own = UserChange {
        name: change.name,
        email: change.email,
        language: change.language,
        password: change.password,
        ..UserChange::default()
    };
    let user = app.runtime().update_user(&caller, caller.id, own).await.map_err(refused(caller.language))?;
    Ok(axum::Json(user).into_response())
}

/// `GET /api/setup` → `200 {token_needed}` while the workspace waits for its first administrator, else `404`,
/// with `demo: true` where the demo accounts answer to whoever asks.
pub(super) async fn wants_setup(State(app): State<App>, request: Request) -> Answer {
    let language = language_of(request.headers());
    if app.runtime().is_empty().await.map_err(refused(language))? {
        return Ok(axum::Json(json!({ "token_needed": !is_loopback(&request) })).into_response());
    }
    let mut problem = Problem::new(StatusCode::NOT_FOUND, "page.not_found");
    if app.settings().demo && is_loopback(&request) {
        problem = problem.member("demo", json!(true));
    }
    Err(problem.respond(language))
}

/// `POST /api/setup` → `201`; from this machine or with the token that `serve` prints; `404` afterwards.
pub(super) async fn set_up(State(app): State<App>, request: Request) -> Answer {
    let language = language_of(request.headers());
    let loopback = is_loopback(&request);
    let Json(mut body) = request.extract::<Json<Value>, _>().await?;
    let token = body.as_object_mut().and_then(|body| body.remove("setup_token"));
    let allowed = loopback || token.as_ref().and_then(Value::as_str) == Some(app.setup_token());
    if !allowed || !app.runtime().is_empty().await.map_err(refused(language))? {
        return Err(Problem::new(StatusCode::NOT_FOUND, "page.not_found").respond(language));
    }
    let setup: Setup = parse(body.to_string().as_bytes()).map_err(|problem| problem.respond(language))?;
    let template = setup.template.clone();
    app.runtime().set_up(setup).await.map_err(refused(language))?;
    if let Some(key) = template {
        let folder = crate::assets::template(&key).ok_or_else(|| {
            Problem::new(StatusCode::NOT_FOUND, "template.not_found").with("key", key).respond(language)
        })?;
        let operator = kezhi_runtime::people::operator();
        app.runtime().install_template(&operator, &folder, false).await.map_err(refused(language))?;
    }
    Ok(StatusCode::CREATED.into_response())
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
