//! The examples that the design texts give, each compiled as it stands inside an app that fits it.

use kezhi_types::def::files::Folder;
use serde_json::{Value, json};

use super::{edited, folder, told};

/// The file replaced by a golden text, in the example app.
fn with(path: &str, text: &str) -> Folder {
    let mut folder = folder("docs/examples");
    folder.0.insert(path.to_owned(), text.to_owned());
    folder
}

/// The golden customer has no cost, no last contact and no second grade; what names them is left out.
fn without_extras(mut folder: Folder) -> Folder {
    folder.0.retain(|path, _| {
        !path.starts_with("views/customers")
            && !path.starts_with("grades/customer_effort")
            && !path.starts_with("workflows/first")
    });
    folder.0.insert("roles/sales.json".to_owned(), json!({ "title": "销售" }).to_string());
    folder.0.insert(
        "menus/main.json".to_owned(),
        json!({ "title": "主菜单", "items": [{ "view": "order" }] }).to_string(),
    );
    folder
}

#[test]
fn the_entity_of_the_definitions_compiles() {
    let app = without_extras(with("entities/customer.json", include_str!("golden/entity.json")));
    assert_eq!(told(&app), [""; 0]);
}

#[test]
fn the_condition_of_the_definitions_compiles() {
    let condition: Value = serde_json::from_str(include_str!("golden/condition.json")).expect("JSON");
    let app = edited("views/customers.json", |view| view["where"] = condition);
    assert_eq!(told(&app), [""; 0]);
}

#[test]
fn the_grade_of_the_definitions_compiles() {
    assert_eq!(told(&with("grades/customer_value.json", include_str!("golden/grade.json"))), [""; 0]);
}

#[test]
fn the_role_of_the_definitions_compiles() {
    assert_eq!(told(&with("roles/sales.json", include_str!("golden/role.json"))), [""; 0]);
}

#[test]
fn the_manifest_of_the_definitions_compiles() {
    assert_eq!(told(&with("manifest.json", include_str!("golden/manifest.json"))), [""; 0]);
}

#[test]
fn the_workflow_of_the_workflow_text_compiles() {
    assert_eq!(
        told(&with("workflows/contract_approval.json", include_str!("golden/workflow.json"))),
        [""; 0]
    );
}

#[test]
fn the_cases_of_the_house_style_can_be_read() {
    let app = with("grades/customer_effort.cases.json", include_str!("golden/cases.json"));
    assert_eq!(told(&app), [""; 0]);
}
