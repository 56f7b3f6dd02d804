//! Waiting for what the engine does by itself. Asks again and again; nothing waits for a fixed time.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Client;

/// The longest that anything may take to settle.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(15);

/// Asks until there is an answer.
///
/// # Panics
/// When there is none for a minute; says what was waited for.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The open task of this person whose title starts so.
pub async fn task(client: &Client, title: &str) -> Value {
    until(&format!("the task {title}"), async || {
        let list = client.get("/api/tasks?box=todo&limit=500").await.expect(200);
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|task| task["title"].as_str().is_some_and(|text| text.starts_with(title)))
    })
    .await
}

/// The run of a workflow on a record, once it has this state.
pub async fn run(client: &Client, workflow: &str, record: &Value, state: &str) -> Value {
    let id = record["id"].as_str().expect("a record has an id");
    until(&format!("a run of {workflow} that is {state}"), async || {
        let list =
            client.get(&format!("/api/runs?workflow={workflow}&record={id}&state={state}")).await.expect(200);
        list["items"].as_array().and_then(|items| items.first().cloned())
    })
    .await
}

/// A job once it has ended, however it did.
///
/// # Panics
/// When it does not end for a minute.
pub async fn job(client: &Client, job: &Value) -> Value {
    let id = job["id"].as_str().expect("a job has an id");
    until("a job to end", async || {
        let job = client.get(&format!("/api/jobs/{id}")).await.expect(200);
        (!matches!(job["state"].as_str(), Some("queued" | "running"))).then_some(job)
    })
    .await
}
