//! Tokens of the API, and seeing as somebody else.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use kezhi_runtime::Error;
use kezhi_runtime::people::TokenBody;
use kezhi_types::Id;
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `GET /api/tokens` → `{items}`: one's own; everybody's for whoever manages people.
pub(super) async fn list_tokens(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().tokens(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `POST /api/tokens` `{name, roles?, entities?, read_only?, expires?, networks?}` → `201` the token, with its text in
/// `token` this once.
///
/// Problems: `403` · `422 token.…`.
pub(super) async fn create_token(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(body): Json<TokenBody>,
) -> Answer {
    let (view, text) = app.runtime().create_token(&caller, body).await.map_err(refused(caller.language))?;
    let mut told = json!(view);
    told["token"] = json!(text);
    let mut response = (StatusCode::CREATED, axum::Json(told)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `DELETE /api/tokens/{id}` → `204`.
pub(super) async fn revoke_token(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = known(&id, "token").map_err(&refused)?;
    app.runtime().revoke_token(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `{person, reason}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    person: Id,
    #[serde(default)]
    reason: String,
}

/// `POST /api/see-as` `{person, reason}` → `201 {id, person, expires, …}`: the id goes into the header `X-Kezhi-See-As`.
///
/// Problems: `403` · `404 user.not_found` · `422 see_as.reason`.
pub(super) async fn see_as(State(app): State<App>, Asking(caller): Asking, Json(wish): Json<Wish>) -> Answer {
    let viewing =
        app.runtime().see_as(&caller, wish.person, &wish.reason).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(viewing)).into_response())
}

/// `GET /api/see-as` → `{items}`: who saw as whom, for auditors.
pub(super) async fn viewings(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().viewings(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items })).into_response())
}

/// `DELETE /api/see-as/{id}` → `204`. It is the person themselves who ends it, also where the header is sent along.
pub(super) async fn end_see_as(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = known(&id, "viewing").map_err(&refused)?;
    app.runtime().end_see_as(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn known(id: &str, kind: &'static str) -> Result<Id, Error> {
    id.parse().map_err(|_| Error::NotFound { kind, key: id.to_owned() })
}
