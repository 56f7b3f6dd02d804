//! What people prove with and where they are signed in; and what the workspace demands of everybody.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, RequestExt as _};
use kezhi_runtime::people::{NewPasskey, SignInPolicy, passkeys_work_at};
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, record_id, refused};
use crate::app::App;
use crate::auth::{Asking, SignedIn, address_of, language_of, origin_of};
use crate::body::Json;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    code: String,
}

/// `GET /api/me/security` → `{password, totp, recovery_codes, passkeys, identities, demanded, passkeys_here, sessions}`.
pub(super) async fn overview(
    State(app): State<App>,
    Asking(caller): Asking,
    signed_in: Option<Extension<SignedIn>>,
    request: Request,
) -> Answer {
    let refused = refused(caller.language);
    let token = token_of(signed_in);
    let mut found = json!(app.runtime().my_factors(&caller).await.map_err(&refused)?);
    found["passkeys_here"] = json!(passkeys_work_at(&origin_of(&app, request.headers())));
    found["sessions"] = json!(app.runtime().my_sessions(&caller, &token).await.map_err(&refused)?);
    Ok(axum::Json(found).into_response())
}

/// `POST /api/me/totp` → `{secret, url}`; nothing is asked for it before it is confirmed.
pub(super) async fn offer_totp(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let offer = app.runtime().offer_totp(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(offer).into_response())
}

/// `POST /api/me/totp/confirm` `{code}` → `{recovery_codes}`, shown this once.
pub(super) async fn confirm_totp(
    State(app): State<App>,
    Asking(caller): Asking,
    signed_in: Option<Extension<SignedIn>>,
    Json(given): Json<Code>,
) -> Answer {
    let codes = app.runtime().confirm_totp(&caller, &token_of(signed_in), &given.code).await;
    let codes = codes.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "recovery_codes": codes })).into_response())
}

/// `DELETE /api/me/totp` → `204`.
pub(super) async fn remove_totp(State(app): State<App>, Asking(caller): Asking) -> Answer {
    app.runtime().remove_totp(&caller).await.map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/me/recovery-codes` → `{recovery_codes}` in place of the old ones, shown this once.
pub(super) async fn renew_recovery_codes(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let codes = app.runtime().renew_recovery_codes(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "recovery_codes": codes })).into_response())
}

/// `POST /api/me/passkeys/options` → `{step, options}` for the authenticator.
pub(super) async fn offer_passkey(
    State(app): State<App>,
    Asking(caller): Asking,
    request: Request,
) -> Answer {
    let origin = origin_of(&app, request.headers());
    let asked = app.runtime().offer_passkey(&caller, &origin).await.map_err(refused(caller.language))?;
    Ok(axum::Json(asked).into_response())
}

/// `POST /api/me/passkeys` `{step, title, credential}` → `201 {recovery_codes}`: codes where there were none yet.
pub(super) async fn add_passkey(
    State(app): State<App>,
    Asking(caller): Asking,
    signed_in: Option<Extension<SignedIn>>,
    Json(new): Json<NewPasskey>,
) -> Answer {
    let codes = app.runtime().add_passkey(&caller, &token_of(signed_in), new).await;
    let codes = codes.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(json!({ "recovery_codes": codes }))).into_response())
}

/// `DELETE /api/me/passkeys/{id}` → `204`.
pub(super) async fn remove_passkey(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    app.runtime().remove_passkey(&caller, &id).await.map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/me/identities/{id}` → `204`.
pub(super) async fn unlink(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    app.runtime().unlink(&caller, &id).await.map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/me/sessions` → `{items}`, used last first.
pub(super) async fn my_sessions(
    State(app): State<App>,
    Asking(caller): Asking,
    signed_in: Option<Extension<SignedIn>>,
) -> Answer {
    let items = app.runtime().my_sessions(&caller, &token_of(signed_in)).await;
    let items = items.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `DELETE /api/me/sessions` → `204`: every session ends but the one that asks.
pub(super) async fn end_others(
    State(app): State<App>,
    Asking(caller): Asking,
    signed_in: Option<Extension<SignedIn>>,
) -> Answer {
    let ended = app.runtime().end_my_sessions(&caller, &token_of(signed_in), None).await;
    ended.map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/me/sessions/{id}` → `204`.
pub(super) async fn end_one(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
    signed_in: Option<Extension<SignedIn>>,
) -> Answer {
    let ended = app.runtime().end_my_sessions(&caller, &token_of(signed_in), Some(&id)).await;
    ended.map_err(refused(caller.language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/users/{id}/sessions` → `204`.
pub(super) async fn end_sessions_of(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    app.runtime().end_sessions_of(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/users/{id}/factors` → `204`: whoever lost phone and codes signs in with the password alone and begins anew.
pub(super) async fn reset_factors(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    app.runtime().reset_factors(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/sign-in` → `{networks, second_factor}`, what is demanded of everybody.
pub(super) async fn policy(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let policy = app.runtime().sign_in_policy(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(policy).into_response())
}

/// `PUT /api/sign-in` `{networks, second_factor}` → as it is now.
pub(super) async fn save_policy(State(app): State<App>, Asking(caller): Asking, request: Request) -> Answer {
    let address = address_of(&app, &request);
    let language = language_of(request.headers());
    let Json(policy) = request.extract::<Json<SignInPolicy>, _>().await?;
    let saved = app.runtime().save_sign_in_policy(&caller, policy, address).await;
    Ok(axum::Json(saved.map_err(refused(language))?).into_response())
}

fn token_of(signed_in: Option<Extension<SignedIn>>) -> String {
    signed_in.map(|Extension(found)| found.token).unwrap_or_default()
}
