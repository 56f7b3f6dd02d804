//! `/api/outbound`: where a workspace may call, and a call to try.

use axum::extract::State;
use axum::response::IntoResponse;
use kezhi_runtime::calls::{OutboundSettings, TriedCall};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `GET /api/outbound` → `{allowed, ports}`.
pub(super) async fn get_settings(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let settings = app.runtime().outbound_settings(&caller).await.map_err(refused(caller.language))?;
    Ok(axum::Json(settings).into_response())
}

/// `PUT /api/outbound` `{allowed: ["erp.corp:8443", "10.1.0.0/16"]}` → `200` the same.
///
/// Problems: `403` · `422 outbound.entry`.
pub(super) async fn save_settings(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(settings): Json<OutboundSettings>,
) -> Answer {
    let saved = app.runtime().save_outbound_settings(&caller, settings).await;
    Ok(axum::Json(saved.map_err(refused(caller.language))?).into_response())
}

/// `POST /api/outbound/try` `{url, method?, headers?, body?}` → `200 {status, headers, body, size}`.
///
/// Problems: `403` · `422 outbound.…` · `429 outbound.too_often`.
pub(super) async fn try_call(
    State(app): State<App>,
    Asking(caller): Asking,
    Json(tried): Json<TriedCall>,
) -> Answer {
    let reply = app.runtime().try_call(&caller, tried).await.map_err(refused(caller.language))?;
    Ok(axum::Json(reply).into_response())
}
