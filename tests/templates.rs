//! Every template compiles without a finding, and each of its cases and scenarios passes.

use kezhi_tests::server::kezhi;
use kezhi_tests::tree;

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

#[tokio::test]
async fn every_case_and_scenario_of_every_template_passes() {
    passes("test").await;
}
