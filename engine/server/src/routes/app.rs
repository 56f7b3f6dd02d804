//! `GET /api/app`: entities, forms, views and menus as the caller may see them.

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use kezhi_plan::access;
use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_types::Caller;
use kezhi_types::def::role::FieldRight;
use kezhi_types::def::workflow::WorkflowDef;
use kezhi_types::text::Language;
use serde_json::{Map, Value, json};

use super::records::{Answer, refused};
use crate::app::App;
use crate::auth::Asking;

/// `GET /api/app`.
pub(super) async fn get_app(State(app): State<App>, Asking(caller): Asking) -> Answer {
    let refused = refused(caller.language);
    let title = app.runtime().title().await.map_err(&refused)?;
    let Ok(plan) = app.runtime().plan() else {
        return Ok(axum::Json(
            json!({ "release": 0, "title": title, "demo": app.settings().demo, "entities": {},
            "forms": {}, "views": {}, "menus": {}, "grades": {}, "workflows": {} }),
        )
        .into_response());
    };
    let entities: Vec<&EntityPlan> = plan
        .entities
        .values()
        .map(|entity| &**entity)
        .filter(|entity| app.runtime().may_know(&plan, entity, &caller))
        .collect();
    let known = |key: &str| entities.iter().any(|entity| entity.key == key);
    let forms: Map<String, Value> = plan
        .forms
        .iter()
        .filter(|(_, form)| known(&form.entity))
        .map(|(key, form)| (key.clone(), json!(**form)))
        .collect();
    let views: Map<String, Value> = plan
        .views
        .iter()
        .filter(|(_, view)| known(&view.def.entity))
        .map(|(key, view)| (key.clone(), json!(view.def)))
        .collect();
    let grades: Map<String, Value> = plan
        .grades
        .iter()
        .filter(|(_, grade)| known(&grade.def.entity))
        .map(|(key, grade)| {
            let def = &grade.def;
            (
                key.clone(),
                json!({ "title": def.title, "entity": def.entity, "field": def.field, "bands": def.bands }),
            )
        })
        .collect();
    let mut answer = json!({
        "release": plan.release,
        "title": title,
        "language": plan.manifest.language,
        "zone": plan.zone,
        "currency": plan.currency,
        "demo": app.settings().demo,
        "entities": entities.iter().map(|entity| (entity.key.clone(), entity_view(&app, &plan, entity, &caller))).collect::<Map<_, _>>(),
        "forms": forms,
        "views": views,
        "menus": menus(&plan, &caller),
        "grades": grades,
        "workflows": workflows(&plan, known),
    });
    translate(&plan, caller.language, &mut answer);
    Ok(axum::Json(answer).into_response())
}

/// Puts the titles of `translations/<language>.json` in place of the authored ones. Its keys are dotted paths from the
/// folder of a definition: `entities.customer.properties.name.title`.
pub(super) fn translate(plan: &AppPlan, language: Language, answer: &mut Value) {
    let name = match language {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    };
    let text =
        plan.folder.get(&format!("translations/{name}.json")).filter(|_| plan.manifest.language != name);
    let titles: Map<String, Value> =
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for (path, title) in titles {
        let path = match path.strip_prefix("entities.").and_then(|rest| rest.split_once('.')) {
            Some((entity, rest)) if rest != "title" => format!("entities.{entity}.schema.{rest}"),
            _ => path,
        };
        let pointer = format!("/{}", path.replace('.', "/"));
        if let (Some(place), Value::String(title)) = (answer.pointer_mut(&pointer), title)
            && place.is_string()
        {
            *place = Value::String(title);
        }
    }
}

/// `GET /api/regions`: the divisions that addresses and cascades without options of their own are made of.
pub(super) async fn regions(Asking(_): Asking) -> Answer {
    let items: Vec<Value> =
        kezhi_plan::regions::all().iter().map(|(code, name)| json!({ "code": code, "name": name })).collect();
    let cached = [(axum::http::header::CACHE_CONTROL, "private, max-age=86400")];
    Ok((cached, axum::Json(json!({ "source": kezhi_plan::regions::SOURCE, "items": items }))).into_response())
}

/// `GET /api/entities/{entity}/schema`: the entity as a plain JSON Schema, with the dialect named and each kind's
/// `type` and `format` filled in.
pub(super) async fn get_schema(
    State(app): State<App>,
    Asking(caller): Asking,
    Path(key): Path<String>,
) -> Answer {
    let refused = refused(caller.language);
    let (plan, entity) = app.runtime().entity(&caller, &key).map_err(refused)?;
    let mut schema = schema_for(&plan, &entity, &caller);
    kezhi_plan::kind::fill_schema(&mut schema);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    }
    Ok(axum::Json(schema).into_response())
}

/// The entity as authored, without the fields that the caller may not see.
pub fn schema_for(plan: &AppPlan, entity: &EntityPlan, caller: &Caller) -> Value {
    let rights = access::field_rights(plan, entity, caller);
    let mut schema = serde_json::to_value(&*entity.def).unwrap_or_default();
    let hidden = |key: &str| rights.of(key) == FieldRight::Hidden;
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|key, _| !hidden(key));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|key| !key.as_str().is_some_and(hidden));
    }
    if let Some(rules) = schema.get_mut("x-duplicates").and_then(Value::as_array_mut) {
        // A rule names what it reads; whoever may not read it hears nothing of the rule.
        let mut plans = entity.duplicates.iter();
        rules.retain(|_| {
            plans.next().is_some_and(|rule| {
                rule.reads.iter().all(|key| !hidden(key) || !entity.fields.contains_key(key))
            })
        });
        let shown = rules.iter_mut().filter_map(|rule| rule.get_mut("show")?.as_array_mut());
        shown.for_each(|keys| {
            keys.retain(|key| !key.as_str().is_some_and(|key| entity.fields.contains_key(key) && hidden(key)))
        });
    }
    if let Some(indexes) = schema.get_mut("x-indexes").and_then(Value::as_array_mut) {
        let names = |index: &Value| {
            index.as_array().is_some_and(|keys| {
                keys.iter()
                    .filter_map(Value::as_str)
                    .any(|key| entity.fields.contains_key(key) && hidden(key))
            })
        };
        indexes.retain(|index| !names(index));
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.insert("type".to_owned(), json!("object"));
        let title = entity.title_field.as_ref().filter(|key| !hidden(key));
        schema.insert("x-title-field".to_owned(), json!(title));
    }
    schema
}

fn entity_view(app: &App, plan: &AppPlan, entity: &EntityPlan, caller: &Caller) -> Value {
    let rights = access::field_rights(plan, entity, caller);
    let fields: Map<String, Value> = entity
        .fields
        .keys()
        .filter(|key| rights.of(key) != FieldRight::Hidden)
        .map(|key| (key.clone(), json!(rights.of(key))))
        .collect();
    let actions: Map<String, Value> = app
        .runtime()
        .actions(plan, caller, entity)
        .into_iter()
        .map(|(name, may)| (name.to_owned(), json!(may)))
        .collect();
    let forms: Vec<&String> =
        plan.forms.iter().filter(|(_, form)| form.entity == entity.key).map(|(key, _)| key).collect();
    let views: Vec<&String> =
        plan.views.iter().filter(|(_, view)| view.def.entity == entity.key).map(|(key, _)| key).collect();
    json!({
        "title": entity.title,
        "schema": schema_for(plan, entity, caller),
        "actions": actions,
        "fields": fields,
        "forms": forms,
        "views": views,
    })
}

/// The menus of the caller's roles; everything for administrators.
fn menus(plan: &AppPlan, caller: &Caller) -> Map<String, Value> {
    let shown = |key: &String| {
        caller.is_unlimited()
            || caller
                .roles
                .iter()
                .filter_map(|role| plan.role_defs.get(role))
                .any(|role| role.menus.contains(key))
    };
    plan.menus.iter().filter(|(key, _)| shown(key)).map(|(key, menu)| (key.clone(), json!(**menu))).collect()
}

fn workflows(plan: &AppPlan, known: impl Fn(&str) -> bool) -> Map<String, Value> {
    let view = |def: &WorkflowDef| json!({ "title": def.title, "entity": def.entity, "button": false });
    let files = plan.folder.of_kind(kezhi_types::def::files::Kind::Workflow);
    files
        .filter_map(|(key, _, text)| Some((key.to_owned(), serde_json::from_str::<WorkflowDef>(text).ok()?)))
        .filter(|(_, def)| known(&def.entity))
        .map(|(key, def)| (key, view(&def)))
        .collect()
}
