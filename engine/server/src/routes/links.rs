//! One-time links by which people choose their password, and what whoever holds one may do with it.

use axum::RequestExt as _;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::people::id_of;
use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::{Asking, Speaks, door_of, language_of};
use crate::body::Json;

/// The token of a link, as it stands behind its `#`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    token: String,
}

/// A link and the password that its holder has chosen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chosen {
    token: String,
    password: String,
}

/// Whose password was forgotten: a login or an address.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgotten {
    login: String,
}

/// Where the interface is, where mail goes out of this server: both must be known, and neither comes from a request.
fn mailing(app: &App) -> Option<&str> {
    let settings = app.settings();
    settings.smtp_url.as_ref().and(settings.public_url.as_deref())
}

/// `POST /api/users/{id}/link` → `201 {purpose, expires_at, sent_to?, link?}`; `link` once, and only where no mail goes out.
pub(super) async fn make(State(app): State<App>, Asking(caller): Asking, Path(id): Path<String>) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("user", &id).map_err(&refused)?;
    let made = app.runtime().make_link(&caller, id, mailing(&app)).await.map_err(&refused)?;
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

/// `DELETE /api/users/{id}/link` → `204`; no link of this person opens anything any more.
pub(super) async fn take_back(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("user", &id).map_err(&refused)?;
    app.runtime().take_links_back(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/links/look` `{token}` → `{purpose, login, name, expires_at}`.
pub(super) async fn look(State(app): State<App>, Speaks(language): Speaks, Json(held): Json<Held>) -> Answer {
    let told = app.runtime().look_at_link(&held.token).await.map_err(refused(language))?;
    Ok(axum::Json(told).into_response())
}

/// `POST /api/links/use` `{token, password}` → `204`.
pub(super) async fn choose(
    State(app): State<App>,
    Speaks(language): Speaks,
    Json(chosen): Json<Chosen>,
) -> Answer {
    app.runtime().use_link(&chosen.token, &chosen.password).await.map_err(refused(language))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/links` `{login}` → `202`, whether there is such an account or not; `409 reset.unavailable` where no mail goes
/// out.
pub(super) async fn forgotten(State(app): State<App>, request: Request) -> Answer {
    let language = language_of(request.headers());
    let network = door_of(&app, &request).network();
    let Json(Forgotten { login }) = request.extract::<Json<Forgotten>, _>().await?;
    app.runtime().ask_reset(&login, &network, mailing(&app)).await.map_err(refused(language))?;
    Ok(StatusCode::ACCEPTED.into_response())
}
