//! What a directory may ask for, told to itself: `/scim/v2/ServiceProviderConfig`, `ResourceTypes`, `Schemas`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::groups::GROUP;
use super::users::{ENTERPRISE, USER};
use super::{Directory, answer};
use crate::routes::records::Answer;

/// `GET /scim/v2/ServiceProviderConfig`.
pub(in crate::routes) async fn configuration(_: Directory) -> Answer {
    let no = json!({ "supported": false });
    Ok(answer(
        StatusCode::OK,
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": { "supported": true },
            "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
            "filter": { "supported": true, "maxResults": 200 },
            "changePassword": no, "sort": no, "etag": no,
            "authenticationSchemes": [{
                "type": "oauthbearertoken", "name": "Bearer", "description": "A token of this workspace for directories.", "primary": true,
            }],
        }),
    ))
}

/// `GET /scim/v2/ResourceTypes`.
pub(in crate::routes) async fn resource_types(_: Directory) -> Answer {
    let one = |name: &str, schema: &str, extensions: Value| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name, "name": name, "endpoint": format!("/{name}s"), "schema": schema,
            "schemaExtensions": extensions,
        })
    };
    let more = json!([{ "schema": ENTERPRISE, "required": false }]);
    Ok(answer(StatusCode::OK, &list(&[one("User", USER, more), one("Group", GROUP, json!([]))])))
}

/// `GET /scim/v2/Schemas`: the attributes that mean something here.
pub(in crate::routes) async fn schemas(_: Directory) -> Answer {
    let text = |name: &str, unique: &str| json!({ "name": name, "type": "string", "multiValued": false, "required": unique == "server", "uniqueness": unique, "mutability": "readWrite" });
    let many = |name: &str| json!({ "name": name, "type": "complex", "multiValued": true, "required": false, "mutability": "readWrite" });
    let flag = json!({ "name": "active", "type": "boolean", "multiValued": false, "required": false, "mutability": "readWrite" });
    let user = [
        text("userName", "server"),
        text("displayName", "none"),
        text("externalId", "none"),
        many("emails"),
        flag,
    ];
    let schema = |id: &str, name: &str, attributes: &[Value]| json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": id, "name": name, "attributes": attributes });
    let found = [
        schema(USER, "User", &user),
        schema(ENTERPRISE, "EnterpriseUser", &[text("department", "none"), text("manager", "none")]),
        schema(GROUP, "Group", &[text("displayName", "server"), text("externalId", "none"), many("members")]),
    ];
    Ok(answer(StatusCode::OK, &list(&found)))
}

fn list(found: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": found.len(), "startIndex": 1, "itemsPerPage": found.len(), "Resources": found,
    })
}
