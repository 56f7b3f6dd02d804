//! `/scim/v2/Groups`: teams. A group gives nobody a role.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kezhi_runtime::Error;
use kezhi_runtime::people::{TeamChange, TeamView};
use serde_json::{Value, json};

use super::asked::{Act, Edit, Listed, Patch, text_of};
use super::{Directory, answer, bad, location, refused};
use crate::app::App;
use crate::body::Json;
use crate::routes::people::id_of;
use crate::routes::records::Answer;

/// The schema of a group.
pub(super) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// `GET /scim/v2/Groups?filter=displayName eq "华东"`.
pub(in crate::routes) async fn list_groups(
    State(app): State<App>,
    Directory(_, language): Directory,
    Query(asked): Query<Listed>,
) -> Answer {
    let filter = asked.filter()?;
    let teams = app.runtime().list_teams().await.map_err(refused(language))?;
    let is = |team: &&TeamView| match filter.as_ref().map(|filter| (filter.attribute.as_str(), &filter.value))
    {
        None => Ok(true),
        Some(("displayname", value)) => Ok(team.title.to_lowercase() == value.to_lowercase()),
        Some(("externalid", value)) => Ok(team.external_id.as_ref() == Some(value)),
        Some(("id", value)) => Ok(team.id.to_string() == *value),
        Some(_) => Err(bad("invalidFilter", "displayName, externalId, id")),
    };
    let mut found = Vec::new();
    for team in &teams {
        if is(&team)? {
            found.push(shown(team));
        }
    }
    Ok(answer(StatusCode::OK, &asked.page(&found)))
}

/// `GET /scim/v2/Groups/{id}`.
pub(in crate::routes) async fn get_group(
    State(app): State<App>,
    Directory(_, language): Directory,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("team", &id).map_err(&refused)?;
    let teams = app.runtime().list_teams().await.map_err(&refused)?;
    let team = teams.iter().find(|team| team.id == id);
    let team = team.ok_or_else(|| refused(Error::NotFound { kind: "team", key: id.to_string() }))?;
    Ok(answer(StatusCode::OK, &shown(team)))
}

/// `POST /scim/v2/Groups` → `201`.
pub(in crate::routes) async fn create_group(
    State(app): State<App>,
    Directory(source, language): Directory,
    Json(body): Json<Value>,
) -> Answer {
    let change = whole(&body)?;
    if change.title.is_none() {
        return Err(bad("invalidValue", "displayName"));
    }
    let team = app.runtime().provision_team(&source, None, change).await.map_err(refused(language))?;
    Ok(answer(StatusCode::CREATED, &shown(&team)))
}

/// `PUT /scim/v2/Groups/{id}`.
pub(in crate::routes) async fn replace_group(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("team", &id).map_err(&refused)?;
    let change = whole(&body)?;
    let team = app.runtime().provision_team(&source, Some(id), change).await.map_err(&refused)?;
    Ok(answer(StatusCode::OK, &shown(&team)))
}

/// `PATCH /scim/v2/Groups/{id}`: members come and go.
pub(in crate::routes) async fn patch_group(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
    Json(patch): Json<Patch>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("team", &id).map_err(&refused)?;
    let mut change = TeamChange::default();
    for edit in patch.edits()? {
        put(&mut change, &edit)?;
    }
    let team = app.runtime().provision_team(&source, Some(id), change).await.map_err(&refused)?;
    Ok(answer(StatusCode::OK, &shown(&team)))
}

/// `DELETE /scim/v2/Groups/{id}` → `204`; its people stay.
pub(in crate::routes) async fn delete_group(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("team", &id).map_err(&refused)?;
    app.runtime().unprovision_team(&source, id).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn whole(body: &Value) -> Result<TeamChange, Response> {
    let members = body["members"].as_array().map(|members| members.iter().filter_map(text_of).collect());
    let title = text_of(&body["displayName"]).filter(|title| !title.trim().is_empty());
    if body.get("displayName").is_some() && title.is_none() {
        return Err(bad("invalidValue", "displayName"));
    }
    let external_id = text_of(&body["externalId"]).filter(|text| !text.is_empty());
    Ok(TeamChange { title, members: Some(members.unwrap_or_default()), external_id, ..TeamChange::default() })
}

/// Puts one edit into a change.
fn put(change: &mut TeamChange, Edit { act, path, value }: &Edit) -> Result<(), Response> {
    let people = || -> Vec<String> {
        match value {
            Value::Array(members) => members.iter().filter_map(text_of).collect(),
            value => text_of(value).into_iter().collect(),
        }
    };
    let lower = path.to_ascii_lowercase();
    match (lower.as_str(), act) {
        ("displayname", Act::Add | Act::Replace) => change.title = text_of(value),
        ("externalid", Act::Add | Act::Replace) => change.external_id = text_of(value),
        ("members", Act::Add) => change.add.extend(people()),
        ("members", Act::Replace) => change.members = Some(people()),
        ("members", Act::Remove) if value.is_null() => change.members = Some(Vec::new()),
        ("members", Act::Remove) => change.remove.extend(people()),
        (inner, Act::Remove) if inner.starts_with("members[") => {
            let id = inner.split('"').nth(1).ok_or_else(|| bad("invalidPath", "members[value eq \"id\"]"))?;
            change.remove.push(id.to_owned());
        }
        _ => {}
    }
    Ok(())
}

/// A team as a resource.
fn shown(team: &TeamView) -> Value {
    let mut body = json!({
        "schemas": [GROUP],
        "id": team.id,
        "displayName": team.title,
        "members": team.members.iter().map(|id| json!({ "value": id, "type": "User" })).collect::<Vec<_>>(),
        "meta": { "resourceType": "Group", "location": location("Groups", team.id) },
    });
    if let Some(external) = &team.external_id {
        body["externalId"] = json!(external);
    }
    body
}
