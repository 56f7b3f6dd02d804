//! The audit's chain of a million: how far the sealer is behind after loading, and how long a proof takes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::company::Company;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that sealing may lag behind, and a proof take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Seconds that a million entries may take to be proved.
const GATE: f64 = 30.0;

/// Waits for the sealer and proves the chain; tells whether the gate is kept.
///
/// # Panics
/// When the chain is not whole.
pub async fn measure(company: &Company, figures: &mut Vec<(&'static str, String, &'static str)>) -> bool {
    let begun = Instant::now();
    let behind = loop {
        let state = company.admin.get("/api/audit/state").await.expect(200);
        if state["unsealed"] == json!(0) {
            break begun.elapsed();
        }
        assert!(begun.elapsed() < PATIENCE, "the sealer does not catch up: {state}");
        tokio::time::sleep(PAUSE).await;
    };
    figures.push((
        "audit: sealed so long after the last question, s",
        format!("{:.1}", behind.as_secs_f64()),
        "",
    ));
    let begun = Instant::now();
    let job = company.admin.post("/api/audit/proof", &json!({})).await.expect(202);
    let path = format!("/api/jobs/{}", job["id"].as_str().expect("a job has an id"));
    let proof: Value = loop {
        let job = company.admin.get(&path).await.expect(200);
        if !matches!(job["state"].as_str(), Some("queued" | "running")) {
            break job;
        }
        assert!(begun.elapsed() < PATIENCE, "the proof does not end: {job}");
        tokio::time::sleep(PAUSE).await;
    };
    let (seconds, result) = (begun.elapsed().as_secs_f64(), &proof["result"]);
    assert!(proof["state"] == "done" && result["wrong"] == json!(0), "{proof}");
    let entries = result["entries"].as_f64().unwrap_or_default();
    let each = seconds * 1_000_000.0 / entries.max(1.0);
    figures.push(("audit: entries in the chain", format!("{entries:.0}"), ""));
    figures.push(("audit: 1,000,000 entries proved, s", format!("{each:.1}"), "≤ 30"));
    each <= GATE
}
