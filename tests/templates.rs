//! Every template compiles without a finding, and each of its cases and scenarios passes.

use kezhi_tests::folder::Folder;
use kezhi_tests::server::kezhi;
use kezhi_tests::tree;
use serde_json::json;

/// The templates: folders of `templates/` with a manifest.
fn templates() -> Vec<String> {
    let manifests = tree::files("templates", "manifest.json");
    let folders = manifests.iter().filter_map(|manifest| manifest.parent());
    let folders: Vec<String> = folders.map(|folder| folder.to_string_lossy().into_owned()).collect();
    assert!(folders.len() >= 2, "{folders:?}");
    folders
}

async fn passes(command: &str) {
    for template in templates() {
        let output = kezhi(&[command, &template]).await;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "kezhi {command} {template}\n{said}");
    }
}

#[tokio::test]
async fn every_template_compiles_clean() {
    passes("check").await;
}

/// Each case has the time that one judgement has, however many there are.
#[tokio::test]
async fn many_cases_do_not_share_the_time_of_one() {
    let folder = Folder::new("cases");
    let manifest = json!({ "key": "cases", "title": "c", "summary": "c", "version": "1.0.0", "engine": ">=0.1",
                           "language": "en", "zone": "UTC", "currency": "CNY", "author": "test", "license": "Apache-2.0" });
    let entity = json!({ "title": "Thing", "type": "object", "x-title-field": "name",
                         "properties": { "name": { "title": "Name", "x-kind": "text" },
                                         "value": { "title": "Value", "x-kind": "grade", "x-grade": "slow" } } });
    let grade = json!({ "title": "Slow", "entity": "thing", "field": "value", "method": { "script": "slow.rhai" },
                        "bands": [{ "letter": "A", "at_least": 1 }, { "letter": "B", "at_least": 0 }] });
    let script = "//! Takes its time.\nlet sum = 0;\nfor i in 0..30000 { sum += i % 7; }\n#{ score: 1, reasons: [] }\n";
    let case =
        |number| json!({ "name": format!("case {number}"), "record": {}, "expect": { "letter": "A" } });
    folder.write("manifest.json", manifest.to_string());
    folder.write("entities/thing.json", entity.to_string());
    folder.write("grades/slow.json", grade.to_string());
    folder.write("grades/slow.rhai", script);
    folder.write("grades/slow.cases.json", json!((0..100).map(case).collect::<Vec<_>>()).to_string());

    let output = kezhi(&["test", &folder.path().to_string_lossy()]).await;

    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + String::from_utf8_lossy(&output.stderr).as_ref();
    assert!(output.status.success() && said.contains("100 passed, 0 failed"), "{said}");
}

#[tokio::test]
async fn every_case_and_scenario_of_every_template_passes() {
    passes("test").await;
}
