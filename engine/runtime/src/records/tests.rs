//! A script that takes its time holds up nobody else, as sentences that are true.

use kezhi_types::def::files::Folder;
use kezhi_types::{Caller, Entrance, Fields};
use serde_json::json;

use super::Manner;
use crate::clock::Clock;
use crate::error::Error;
use crate::runtime::{Runtime, RuntimeConfig};
use crate::scratch::{Scratch, settings};
use crate::scripts::WorkerCommand;

fn folder() -> Folder {
    let mut folder = Folder::default();
    let mut put = |path: &str, value: serde_json::Value| folder.0.insert(path.to_owned(), value.to_string());
    put(
        "manifest.json",
        json!({ "key": "test", "title": "试", "summary": "试", "version": "1.0.0", "engine": ">=0.1",
                "language": "zh-CN", "author": "test", "license": "Apache-2.0" }),
    );
    for entity in ["plain", "scripted"] {
        put(
            &format!("entities/{entity}.json"),
            json!({ "title": entity, "type": "object", "x-title-field": "name", "properties": {
                "name": { "title": "名称", "x-kind": "text" } } }),
        );
    }
    put(
        "rules/asked.json",
        json!({ "title": "asked", "entity": "scripted", "on": ["create", "update", "delete"], "level": "refuse",
                "script": "asked.rhai", "field": "name", "message": "no" }),
    );
    folder.0.insert("rules/asked.rhai".to_owned(), "//! Asks.\nrecord.name != \"no\"\n".to_owned());
    folder
}

/// Children that take questions and never answer: while one is waited for, everybody else goes on.
#[tokio::test]
async fn whoever_waits_for_a_script_holds_no_transaction() {
    let dir = Scratch::new("scripts");
    let worker = WorkerCommand { program: "/bin/sleep".into(), args: vec!["60".into()] };
    let config = RuntimeConfig { worker, ..settings(dir.path(), &Clock::wall(0)) };
    let runtime = Runtime::open(config).await.expect("a new workspace opens");
    let caller = Caller::system("test");
    runtime.publish_folder(&caller, folder(), String::new()).await.expect("it compiles");
    let create = |entity: &'static str| {
        let (runtime, caller) = (runtime.clone(), caller.clone());
        let fields = Fields::from_iter([("name".to_owned(), json!("a"))]);
        async move { runtime.create_record(&caller, Entrance::Api, entity, (fields, Manner::default())).await }
    };

    let scripted = tokio::spawn(create("scripted"));
    for _ in 0..50 {
        create("plain").await.expect("nobody else waits");
    }
    assert!(!scripted.is_finished(), "the script has not answered");
    let refused = scripted.await.expect("the task ends");
    assert!(matches!(refused, Err(Error::NoScripts(_))), "{refused:?}");
}
