//! `POST …/records/{id}/reveal`: one covered value, for whoever may read it and says why.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use super::records::{Answer, record_id, refused};
use crate::app::App;
use crate::auth::Asking;
use crate::body::Json;

/// `{field, reason}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    field: String,
    #[serde(default)]
    reason: String,
}

/// `POST …/reveal` → `200 {value}`, after it was noted who asked and why. The answer is kept under no key.
pub(super) async fn reveal(
    State(app): State<App>,
    Asking(caller): Asking,
    Path((entity, id)): Path<(String, String)>,
    Json(asked): Json<Asked>,
) -> Answer {
    let refused = refused(caller.language);
    let id = record_id(&id).map_err(&refused)?;
    let what = (asked.field.as_str(), asked.reason.as_str());
    let value = app.runtime().reveal(&caller, (&entity, id), what).await.map_err(&refused)?;
    Ok(axum::Json(json!({ "value": value })).into_response())
}
