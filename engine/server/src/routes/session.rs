//! Signing in and out, who am I, and the first set-up.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, RequestExt};
use kezhi_plan::access;
use kezhi_runtime::Error;
use kezhi_runtime::people::{self, SeenAs, Setup, UserChange};
use kezhi_types::def::files::Kind;
use kezhi_types::text::Language;
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::{
    DEVICE_COOKIE, HalfIn, SignedIn, door_of, is_loopback, is_secure, language_of, session_cookie,
};
use crate::body::{Json, parse};
use crate::problem::Problem;

/// What administrators and roles may be allowed to do, building apart.
const MAY: [&str; 9] = [
    "use_builder",
    "publish",
    "manage_users",
    "manage_roles",
    "view_audit",
    "audit",
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

/// `POST /api/session` → `200 {csrf_token, must_change, second_factor?}` and `Set-Cookie`. Where `second_factor` names ways, the
/// session is good for `POST /api/session/second` alone.
pub(super) async fn sign_in(State(app): State<App>, request: Request) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let Json(given) = request.extract::<Json<Credentials>, _>().await?;
    let signed_in = app.runtime().sign_in(&given.login, &given.password, &door).await;
    Ok(let_in(&app, &signed_in.map_err(refused(language))?))
}

/// The answer to somebody who is let in: what the interface must know, and the cookies.
pub(super) fn let_in(app: &App, signed_in: &people::SignedIn) -> Response {
    let mut answer = json!({ "csrf_token": signed_in.csrf, "must_change": signed_in.must_change });
    if !signed_in.second_factor.is_empty() {
        answer["second_factor"] = json!(signed_in.second_factor);
    }
    let mut response = axum::Json(answer).into_response();
    give_cookies(app, signed_in, &mut response);
    response
}

/// The cookies of a session; that of the session comes first.
pub(super) fn give_cookies(app: &App, signed_in: &people::SignedIn, response: &mut Response) {
    let (name, token) = (session_cookie(app), &signed_in.token);
    keep_cookie(app, response, &format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"));
    if let Some(device) = &signed_in.device {
        // It opens nothing: failures with it are counted apart.
        let device =
            format!("{DEVICE_COOKIE}={device}; Path=/api/session; HttpOnly; SameSite=Lax; Max-Age=31536000");
        keep_cookie(app, response, &device);
    }
}

/// `DELETE /api/session` → `204`, whoever asks.
pub(super) async fn sign_out(
    State(app): State<App>,
    signed_in: Option<Extension<SignedIn>>,
    half_in: Option<Extension<HalfIn>>,
) -> Answer {
    let language = signed_in.as_ref().map(|Extension(found)| found.caller.language).unwrap_or_default();
    let token = signed_in.map(|Extension(found)| found.token).or(half_in.map(|Extension(found)| found.token));
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        app.runtime().sign_out(&token).await.map_err(refused(language))?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let gone = format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", session_cookie(&app));
    keep_cookie(&app, &mut response, &gone);
    Ok(response)
}

/// `GET /api/me` → who am I, what may I, `csrf_token` again.
pub(super) async fn me(
    State(app): State<App>,
    signed_in: Option<Extension<SignedIn>>,
    seen: Option<Extension<SeenAs>>,
) -> Answer {
    let Some(Extension(SignedIn { caller, csrf, must_enrol, .. })) = signed_in else {
        return Err(Problem::from(Error::Unauthenticated).respond(Language::default()));
    };
    let plan = app.runtime().plan().ok();
    let allowed = |may: &&str| match *may {
        "view_audit" | "audit" => app.runtime().may_audit(&caller, may),
        may => caller.is_unlimited() || plan.as_ref().is_some_and(|plan| access::may(plan, &caller, may)),
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
        "must_enrol": must_enrol,
        "csrf_token": csrf,
        "see_as": seen.map(|Extension(seen)| seen.viewing),
    }))
    .into_response())
}

/// `PATCH /api/me` `{name?, email?, language?, password?}`. With a new password every session ends; the one that asked goes on
/// under another cookie, with `csrf_token` in the answer.
pub(super) async fn change_me(State(app): State<App>, request: Request) -> Answer {
    let door = door_of(&app, &request);
    let Some(SignedIn { caller, token, .. }) = request.extensions().get::<SignedIn>().cloned() else {
        return Err(Problem::from(Error::Unauthenticated).respond(language_of(request.headers())));
    };
    let refused = refused(caller.language);
    let Json(change) = request.extract::<Json<UserChange>, _>().await?;
    let own = UserChange {
        name: change.name,
        email: change.email,
        language: change.language,
        password: change.password,
        ..UserChange::default()
    };
    let goes_on = own.password.is_some() && !token.is_empty();
    let strong = goes_on && app.runtime().is_strong(&token).await.map_err(&refused)?;
    let user = app.runtime().update_user(&caller, caller.id, own).await.map_err(&refused)?;
    if !goes_on {
        return Ok(axum::Json(user).into_response());
    }
    let signed_in = app.runtime().go_on_after(&caller, strong, &door).await.map_err(&refused)?;
    let mut answer = json!(user);
    answer["csrf_token"] = json!(signed_in.csrf);
    let mut response = axum::Json(answer).into_response();
    give_cookies(&app, &signed_in, &mut response);
    Ok(response)
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
    if !loopback {
        app.runtime().knock(&door_of(&app, &request)).map_err(refused(language))?;
    }
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

/// Adds a cookie, over TLS as one that goes over TLS alone.
pub(super) fn keep_cookie(app: &App, response: &mut Response, cookie: &str) {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{cookie}{secure}")) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
