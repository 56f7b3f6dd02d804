//! Whoever dies, hangs up or is too slow: what came under one key is there once.

use kezhi_types::def::files::Folder;
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp};
use serde_json::{Value, json};

use super::{Claim, Once};
use crate::clock::Clock;
use crate::error::Error;
use crate::records::{BatchOptions, Manner};
use crate::runtime::Runtime;
use crate::scratch::{Scratch, settings};

struct Stage {
    runtime: Runtime,
    clock: Clock,
    caller: Caller,
    dir: Scratch,
}

fn folder() -> Folder {
    let mut folder = Folder::default();
    let mut put = |path: &str, value: Value| folder.0.insert(path.to_owned(), value.to_string());
    put(
        "manifest.json",
        json!({ "key": "test", "title": "试", "summary": "试", "version": "1.0.0", "engine": ">=0.1",
                "language": "zh-CN", "author": "test", "license": "Apache-2.0" }),
    );
    put(
        "entities/contract.json",
        json!({ "title": "合同", "type": "object", "x-title-field": "name", "properties": {
            "name": { "title": "名称", "x-kind": "text" } }, "required": ["name"] }),
    );
    folder
}

impl Stage {
    async fn new(name: &str) -> Self {
        let dir = Scratch::new(&format!("once-{name}"));
        let clock = Clock::standing_at(Timestamp::parse("2026-02-16T00:30:00Z").expect("an instant"));
        let runtime = Runtime::open(settings(dir.path(), &clock)).await.expect("a new workspace opens");
        let caller = Caller::system("test");
        runtime.publish_folder(&caller, folder(), String::new()).await.expect("it compiles");
        Self { runtime, clock, caller, dir }
    }

    /// The process dies and another one starts on the same file.
    async fn restart(&mut self) {
        let other = self.dir.path().join("other");
        std::fs::create_dir_all(&other).expect("the temporary folder can be written");
        let elsewhere = Runtime::open(settings(&other, &self.clock)).await.expect("it opens");
        drop(std::mem::replace(&mut self.runtime, elsewhere));
        for _ in 0..100 {
            if let Ok(runtime) = Runtime::open(settings(self.dir.path(), &self.clock)).await {
                self.runtime = runtime;
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the file stays locked");
    }

    async fn claim(&self, key: &str) -> Claim {
        self.runtime.claim_answer(self.caller.id, ("/x", key), b"body").await.expect("the store answers")
    }

    async fn ours(&self, key: &str) -> Once {
        match self.claim(key).await {
            Claim::Ours(once) => once,
            other => panic!("{key} is not ours: {other:?}"),
        }
    }

    async fn create(&self, once: &Once) -> Result<Id, Error> {
        let fields = Fields::from_iter([("name".to_owned(), json!("甲"))]);
        let manner = Manner { once: Some(once.clone()), ..Manner::default() };
        let created = self.runtime.create_record(&self.caller, Entrance::Form, "contract", (fields, manner));
        created.await.map(|record| record.id)
    }

    async fn batch(&self, once: &Once, atomic: bool) -> Value {
        let operations = json!([
            { "op": "create", "record": { "name": "甲" } },
            { "op": "create", "record": { "name": "乙" } },
        ]);
        let options = json!({ "operations": operations, "atomic": atomic });
        let options: BatchOptions = serde_json::from_value(options).expect("options");
        let outcome = self.runtime.batch(&self.caller, "contract", (options, Some(once.clone()))).await;
        serde_json::to_value(outcome.expect("it is carried out")).expect("JSON")
    }

    async fn count(&self) -> usize {
        let mut tx = self.runtime.0.store.begin().await.expect("the store answers");
        tx.ids("contract", None, None, 100).await.expect("readable").len()
    }
}

#[tokio::test]
async fn what_was_committed_before_a_crash_is_not_done_again() {
    let mut stage = Stage::new("crash").await;
    let first = stage.ours("k").await;
    let id = stage.create(&first).await.expect("it is created");
    stage.clock.advance(60_000);
    stage.restart().await;
    let second = stage.ours("k").await;
    assert_eq!(second.done(), Some(&Value::Bool(true)));
    assert_eq!(stage.create(&second).await.expect("it is there"), id);
    assert_eq!(stage.count().await, 1);
}

#[tokio::test]
async fn a_failure_of_ours_lets_go_of_the_key_and_keeps_its_ids() {
    let stage = Stage::new("failure").await;
    let first = stage.ours("k").await;
    assert_eq!(stage.claim("k").await, Claim::InFlight);
    stage.clock.advance(1_000);
    stage.runtime.release_answer(&first).await.expect("the store answers");
    let second = stage.ours("k").await;
    assert_eq!((second.id(), second.done()), (first.id(), None), "nothing was done, and it will be the same");
    stage.create(&second).await.expect("it is created");
    stage.runtime.release_answer(&second).await.expect("the store answers");
    let third = stage.ours("k").await;
    assert_eq!(stage.create(&third).await.expect("it is there"), first.id());
    assert_eq!(stage.count().await, 1);
}

#[tokio::test]
async fn who_held_a_request_too_long_without_a_word_commits_nothing() {
    let stage = Stage::new("slow").await;
    let slow = stage.ours("k").await;
    stage.clock.advance(super::HELD - 1);
    assert_eq!(stage.claim("k").await, Claim::InFlight);
    stage.clock.advance(1);
    let fast = stage.ours("k").await;
    let refused = stage.create(&slow).await;
    assert!(
        matches!(refused, Err(Error::Conflict { code: "idempotency.in_flight", .. })),
        "the former holder is refused: {refused:?}"
    );
    stage.create(&fast).await.expect("it is created");
    stage.runtime.keep_answer(&slow, (500, &json!("late"))).await.expect("nothing happens");
    stage.runtime.keep_answer(&fast, (201, &json!("first"))).await.expect("it is kept");
    assert_eq!(stage.claim("k").await, Claim::Answered { status: 201, response: json!("first") });
    assert_eq!(stage.count().await, 1);
}

#[tokio::test]
async fn a_batch_is_repeated_without_what_is_committed() {
    let mut stage = Stage::new("batch").await;
    for (key, atomic) in [("whole", true), ("parts", false)] {
        let before = stage.count().await;
        let first = stage.ours(key).await;
        let told = stage.batch(&first, atomic).await;
        stage.restart().await;
        let second = stage.ours(key).await;
        assert_eq!(stage.batch(&second, atomic).await, told, "{key}");
        assert_eq!(stage.count().await, before + 2, "{key}");
    }
}

#[tokio::test]
async fn a_batch_that_broke_in_the_middle_goes_on_where_it_broke() {
    let mut stage = Stage::new("middle").await;
    let first = stage.ours("k").await;
    // The first operation only, as if the process had died behind it.
    let fields = json!({ "operations": [{ "op": "create", "record": { "name": "甲" } }], "atomic": false });
    let options: BatchOptions = serde_json::from_value(fields).expect("options");
    let begun = stage.runtime.batch(&stage.caller, "contract", (options, Some(first))).await;
    let begun = begun.expect("it is carried out").results[0].id;
    stage.restart().await;
    let second = stage.ours("k").await;
    let told = stage.batch(&second, false).await;
    assert_eq!(told["committed"], 2);
    assert_eq!(told["results"][0]["id"], json!(begun));
    assert_eq!(stage.count().await, 2);
}

#[tokio::test]
async fn a_comment_is_made_once() {
    let mut stage = Stage::new("comment").await;
    let once = stage.ours("record").await;
    let id = stage.create(&once).await.expect("it is created");
    for turn in 0..2 {
        let once = stage.ours("comment").await;
        let said = stage.runtime.comment(&stage.caller, ("contract", id), ("好", Some(once))).await;
        said.unwrap_or_else(|error| panic!("turn {turn}: {error}"));
        stage.restart().await;
    }
    let comments = stage.runtime.comments(&stage.caller, ("contract", id)).await.expect("readable");
    assert_eq!(comments.len(), 1);
}
