//! Two people publish at once, and other nodes publish behind our back, as sentences that are true.

use kezhi_store::Release;
use kezhi_types::def::files::Folder;
use kezhi_types::{Caller, Entrance, Fields, Id};
use serde_json::json;

use crate::clock::Clock;
use crate::error::Error;
use crate::records::Manner;
use crate::runtime::Runtime;
use crate::scratch::{Scratch, settings};

struct Stage {
    runtime: Runtime,
    caller: Caller,
    _dir: Scratch,
}

fn folder() -> Folder {
    let mut folder = Folder::default();
    let mut put = |path: &str, value: serde_json::Value| folder.0.insert(path.to_owned(), value.to_string());
    put(
        "manifest.json",
        json!({ "key": "test", "title": "试", "summary": "试", "version": "1.0.0", "engine": ">=0.1",
                "language": "zh-CN", "author": "test", "license": "Apache-2.0" }),
    );
    put(
        "entities/contract.json",
        json!({ "title": "合同", "type": "object", "x-title-field": "name", "properties": {
            "name": { "title": "名称", "x-kind": "text" } } }),
    );
    folder
}

impl Stage {
    async fn new(name: &str) -> Self {
        let dir = Scratch::new(&format!("releases-{name}"));
        let config = settings(dir.path(), &Clock::wall(0));
        let runtime = Runtime::open(config).await.expect("a new workspace opens");
        let caller = Caller::system("test");
        runtime.publish_folder(&caller, folder(), String::new()).await.expect("it compiles");
        Self { runtime, caller, _dir: dir }
    }

    /// Another node makes a release live; nobody tells us.
    async fn released_elsewhere(&self) {
        let number = self.runtime.0.live.number() + 1;
        let at = self.runtime.0.clock.now();
        let release = Release { number, at, by: Id::SYSTEM, note: String::new(), restored_from: None };
        let mut tx = self.runtime.0.store.begin().await.expect("it begins");
        tx.insert_release(&release, &folder().0.into_iter().collect()).await.expect("it is stored");
        tx.commit().await.expect("it is stored");
    }
}

#[tokio::test]
async fn deleting_and_restoring_go_on_under_a_release_that_another_node_made_live() {
    let stage = Stage::new("elsewhere").await;
    let fields = Fields::from_iter([("name".to_owned(), json!("a"))]);
    let made =
        stage.runtime.create_record(&stage.caller, Entrance::Api, "contract", (fields, Manner::default()));
    let id = made.await.expect("it is created").id;
    stage.released_elsewhere().await;
    stage
        .runtime
        .delete_record(&stage.caller, ("contract", id), Manner::default())
        .await
        .expect("it is deleted");
    assert_eq!(stage.runtime.0.live.number(), 2);
    stage.released_elsewhere().await;
    stage.runtime.restore_record(&stage.caller, ("contract", id)).await.expect("it is restored");
    assert_eq!(stage.runtime.0.live.number(), 3);
}

#[tokio::test]
async fn a_file_that_somebody_edits_while_it_is_published_is_not_lost() {
    let stage = Stage::new("edited").await;
    let text = folder().0["entities/contract.json"].replace("合同", "合约");
    let path = ("entities", "contract.json");
    let first = stage.runtime.put_draft_file(&stage.caller, path, (text.clone(), None)).await;
    let tag = first.expect("it is saved").etag;
    let read = stage.runtime.0.store.reader().draft_files().await.expect("they are read");
    let more = (text.replace("名称", "名字"), Some(tag));
    stage.runtime.put_draft_file(&stage.caller, path, more).await.expect("it is saved");
    let refused = stage.runtime.make_live(&stage.caller, folder(), (String::new(), None), (1, &read)).await;
    assert!(matches!(refused, Err(Error::Conflict { code: "draft.stale", .. })), "{refused:?}");
    assert_eq!(stage.runtime.0.store.reader().draft_files().await.expect("they are read").len(), 1);
    let refused = stage.runtime.make_live(&stage.caller, folder(), (String::new(), None), (0, &[])).await;
    assert!(refused.is_err(), "what was looked at is no longer live");
}

#[tokio::test]
async fn a_plan_that_comes_late_does_not_replace_a_newer_one() {
    let stage = Stage::new("late").await;
    let old = stage.runtime.plan().expect("there is one");
    stage.released_elsewhere().await;
    stage.runtime.load_live_release().await.expect("it is loaded");
    stage.runtime.0.live.swap(&old);
    assert_eq!(stage.runtime.0.live.number(), 2);
}
