//! `/scim/v2/Users`: `userName` is the login, `displayName` the name, the first address the one that mail goes to. Whoever
//! is deleted has left: their account is frozen, and what they did keeps their name.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kezhi_runtime::people::{Provisioned, UserChange};
use kezhi_types::Id;
use serde_json::{Value, json};

use super::asked::{Act, Edit, Filter, Listed, Patch, flag_of, text_of};
use super::{Directory, answer, bad, location, refused};
use crate::app::App;
use crate::body::Json;
use crate::routes::people::id_of;
use crate::routes::records::Answer;

/// The schema of a person.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What companies add to it: department and superior.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// `GET /scim/v2/Users?filter=userName eq "li"&startIndex=1&count=100`.
pub(in crate::routes) async fn list_users(
    State(app): State<App>,
    Directory(source, language): Directory,
    Query(asked): Query<Listed>,
) -> Answer {
    let filter = asked.filter()?;
    let all = app.runtime().provisioned_users(&source).await.map_err(refused(language))?;
    if let Some(filter) = &filter
        && !ATTRIBUTES.contains(&filter.attribute.as_str())
    {
        return Err(bad("invalidFilter", ATTRIBUTES.join(", ")));
    }
    let found: Vec<Value> =
        all.iter().filter(|user| filter.as_ref().is_none_or(|filter| is(user, filter))).map(shown).collect();
    Ok(answer(StatusCode::OK, &asked.page(&found)))
}

/// `GET /scim/v2/Users/{id}`.
pub(in crate::routes) async fn get_user(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("user", &id).map_err(&refused)?;
    let all = app.runtime().provisioned_users(&source).await.map_err(&refused)?;
    let user = all.iter().find(|user| user.id == id);
    let user =
        user.ok_or_else(|| refused(kezhi_runtime::Error::NotFound { kind: "user", key: String::new() }))?;
    Ok(answer(StatusCode::OK, &shown(user)))
}

/// `POST /scim/v2/Users` → `201`.
pub(in crate::routes) async fn create_user(
    State(app): State<App>,
    Directory(source, language): Directory,
    Json(body): Json<Value>,
) -> Answer {
    let mut change = UserChange::default();
    let edits = whole(&body);
    fill(&mut change, &edits)?;
    if change.login.is_none() {
        return Err(bad("invalidValue", "userName"));
    }
    let user = app.runtime().provision_user(&source, None, change).await.map_err(refused(language))?;
    Ok(answer(StatusCode::CREATED, &shown(&user)))
}

/// `PUT /scim/v2/Users/{id}`: what is not sent stays as it is, but an absent `active` is not a freeze.
pub(in crate::routes) async fn replace_user(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
    Json(body): Json<Value>,
) -> Answer {
    changed(app, Directory(source, language), &id, &whole(&body)).await
}

/// `PATCH /scim/v2/Users/{id}`.
pub(in crate::routes) async fn patch_user(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
    Json(patch): Json<Patch>,
) -> Answer {
    changed(app, Directory(source, language), &id, &patch.edits()?).await
}

/// `DELETE /scim/v2/Users/{id}` → `204`: they have left.
pub(in crate::routes) async fn delete_user(
    State(app): State<App>,
    Directory(source, language): Directory,
    Path(id): Path<String>,
) -> Answer {
    let refused = refused(language);
    let id = id_of("user", &id).map_err(&refused)?;
    let change = UserChange { left: Some(true), ..UserChange::default() };
    app.runtime().provision_user(&source, Some(id), change).await.map_err(&refused)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn changed(app: App, Directory(source, language): Directory, id: &str, edits: &[Edit]) -> Answer {
    let refused = refused(language);
    let id = id_of("user", id).map_err(&refused)?;
    let mut change = UserChange::default();
    fill(&mut change, edits)?;
    let user = app.runtime().provision_user(&source, Some(id), change).await.map_err(&refused)?;
    Ok(answer(StatusCode::OK, &shown(&user)))
}

/// Attributes by which people may be looked for.
const ATTRIBUTES: [&str; 5] = ["username", "externalid", "id", "displayname", "emails"];

fn is(user: &Provisioned, filter: &Filter) -> bool {
    let same = |text: &str| {
        text.eq_ignore_ascii_case(&filter.value) || text.to_lowercase() == filter.value.to_lowercase()
    };
    match filter.attribute.as_str() {
        "username" => same(&user.login),
        "externalid" => user.external_id.as_deref() == Some(filter.value.as_str()),
        "id" => user.id.to_string() == filter.value,
        "displayname" => same(&user.name),
        _ => user.email.as_deref().is_some_and(same),
    }
}

/// A whole resource as edits.
fn whole(body: &Value) -> Vec<Edit> {
    let members = body.as_object().cloned().unwrap_or_default();
    let patch = json!({ "Operations": [{ "op": "replace", "value": members }] });
    let patch: Option<Patch> = serde_json::from_value(patch).ok();
    patch.and_then(|patch| patch.edits().ok()).unwrap_or_default()
}

/// Puts edits into a change; attributes that mean nothing here are passed over, as RFC 7644 wants it.
fn fill(change: &mut UserChange, edits: &[Edit]) -> Result<(), Response> {
    let mut parts = (None, None);
    for Edit { act, path, value } in edits {
        let gone = *act == Act::Remove || value.is_null();
        let text = || if gone { Some(String::new()) } else { text_of(value) };
        let path = path.to_ascii_lowercase();
        let (head, tail) = path.split_once('.').unwrap_or((&path, ""));
        match (head, tail) {
            ("username", _) => change.login = Some(text().unwrap_or_default()),
            ("displayname", _) | ("name", "formatted") => change.name = text().or(change.name.take()),
            ("name", "") => {
                change.name = change.name.take().or_else(|| text_of(&value["formatted"]));
                parts = (text_of(&value["familyName"]), text_of(&value["givenName"]));
            }
            ("name", "familyname") => parts.0 = text(),
            ("name", "givenname") => parts.1 = text(),
            ("active", _) => {
                let flag = flag_of(value).ok_or_else(|| bad("invalidValue", "active: true, false"))?;
                change.active = Some(flag);
            }
            ("emails", _) if gone => change.email = Some(String::new()),
            ("emails", _) => change.email = address(value),
            (head, "value") if head.starts_with("emails[") => change.email = text(),
            ("externalid", _) => change.external_id = text().filter(|text| !text.is_empty()),
            ("department", _) => change.department = text(),
            ("manager", _) => change.manager = text(),
            _ => {}
        }
    }
    if let (None, (Some(family), given)) = (&change.name, parts) {
        let given = given.unwrap_or_default();
        // 李 + 婷 is 李婷; Ada + Byron has a blank.
        let chinese = family.chars().chain(given.chars()).all(|letter| !letter.is_ascii());
        change.name = Some(if chinese {
            format!("{family}{given}")
        } else {
            format!("{given} {family}").trim().to_owned()
        });
    }
    Ok(())
}

/// The primary address, else the first.
fn address(value: &Value) -> Option<String> {
    let list = value.as_array()?;
    let primary = list.iter().find(|one| one["primary"] == json!(true));
    primary.or(list.first()).and_then(text_of)
}

/// A person as a resource.
fn shown(user: &Provisioned) -> Value {
    let mut body = json!({
        "schemas": [USER, ENTERPRISE],
        "id": user.id,
        "userName": user.login,
        "displayName": user.name,
        "name": { "formatted": user.name },
        "active": user.active,
        "emails": user.email.iter().map(|email| json!({ "value": email, "primary": true })).collect::<Vec<_>>(),
        "groups": user.teams.iter().map(|(id, title)| json!({ "value": id, "display": title })).collect::<Vec<_>>(),
        "meta": {
            "resourceType": "User", "created": user.created_at.to_string(),
            "location": location("Users", user.id),
        },
    });
    if let Some(external) = &user.external_id {
        body["externalId"] = json!(external);
    }
    let mut more = json!({});
    if let Some(department) = &user.department {
        more["department"] = json!(department);
    }
    if let Some(Id(manager)) = &user.manager {
        more["manager"] = json!({ "value": manager.to_string() });
    }
    body[ENTERPRISE] = more;
    body
}
