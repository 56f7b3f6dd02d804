//! `/api/directory-tokens`: what directories sign in with.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use kezhi_runtime::people::NewDirectoryToken;
use serde_json::json;

use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;
use crate::routes::people::id_of;
use crate::routes::records::{Answer, refused};

/// `GET /api/directory-tokens` → `{items: [{id, name, roles, created_at, expires_at, used_at}]}`.
pub(in crate::routes) async fn list_tokens(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let items = app.runtime().directory_tokens(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
}

/// `POST /api/directory-tokens` `{name, roles?, expires_at?}` → `201` with `token`, which is told once.
pub(in crate::routes) async fn create_token(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(new): Json<NewDirectoryToken>,
) -> Answer {
    let made = app.runtime().make_directory_token(&caller, new).await.map_err(refused(caller.language))?;
    Ok((StatusCode::CREATED, axum::Json(made)).into_response())
}

/// `DELETE /api/directory-tokens/{id}` → `204`.
pub(in crate::routes) async fn delete_token(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let id = id_of("directory_token", &id).map_err(&refused)?;
    app.runtime().delete_directory_token(&caller, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
