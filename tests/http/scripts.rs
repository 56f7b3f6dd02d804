//! Scripts run in child processes, which may die at any time.

use std::time::{Duration, Instant};

use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::json;

on_both!(
    a_child_that_died_while_idle_is_replaced_without_a_word,
    a_script_judges_the_record_that_the_change_is_made_to,
);

/// Publishes a scripted rule on customers: a name of more than ten letters is refused.
async fn with_a_script(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let rule = json!({ "title": "short", "entity": "customer", "on": ["create", "update"], "level": "refuse",
                       "script": "short_name.rhai", "field": "name", "message": "too long" });
    let script = "//! Names are short.\nif record.name.len() <= 10 { return true; }\n\
                  #{ ok: false, field: \"name\", message: `${record.name} is too long` }\n";
    admin.put("/api/draft/rules/short_name.rhai", script).await;
    let saved = admin.put("/api/draft/rules/short_name", rule.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    admin
}

/// The processes that a process has started and that have not ended.
fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("there is a /proc").flatten();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    let about = |stat: String| {
        let (id, rest) = stat.split_once(' ')?;
        let mut rest = rest.rsplit_once(')')?.1.split_whitespace();
        let alive = rest.next()? != "Z";
        Some((id.parse().ok()?, rest.next()?.parse::<u32>().ok()?, alive))
    };
    let found = processes.filter_map(stat).filter_map(about);
    found.filter(|(_, of, alive)| *of == parent && *alive).map(|(id, _, _)| id).collect()
}

async fn a_child_that_died_while_idle_is_replaced_without_a_word(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_a_script(&server).await;
    admin.create("customer", &json!({ "name": "short" })).await;
    let refused = admin.post("/api/entities/customer/records", &json!({ "name": "much too long" })).await;
    refused.violations(&["rule.refused /name"]);

    let idle = children(server.process());
    assert!(!idle.is_empty(), "a script runs in a child");
    for child in &idle {
        let killed = std::process::Command::new("kill").args(["-9", &child.to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "our own server's child can be killed");
    }
    let begun = Instant::now();
    while children(server.process()).iter().any(|child| idle.contains(child)) {
        assert!(begun.elapsed() < Duration::from_secs(10), "a killed process ends");
        tokio::task::yield_now().await;
    }

    admin.create("customer", &json!({ "name": "again" })).await;
}

/// A rule that compares with the record before, asked outside of the transaction, by many at once.
async fn a_script_judges_the_record_that_the_change_is_made_to(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let rule = json!({ "title": "grows", "entity": "customer", "on": ["update"], "level": "refuse",
                       "script": "grows.rhai", "field": "staff", "message": "it only grows" });
    let script = "//! Never smaller than before.\nif record.staff >= before.staff { return true; }\n\
                  #{ ok: false, field: \"staff\", message: \"smaller\" }\n";
    admin.put("/api/draft/rules/grows.rhai", script).await;
    let saved = admin.put("/api/draft/rules/grows", rule.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let customer = admin.create("customer", &json!({ "name": "a", "staff": 0 })).await;
    let path = kezhi_tests::client::path_of("customer", &customer);

    let patches = (0..16).map(|number| {
        let (client, path) = (admin.clone(), path.clone());
        tokio::spawn(async move { client.patch(&path, &json!({ "staff": number * 7 % 16 })).await.status })
    });
    let mut accepted = 0;
    for patch in patches.collect::<Vec<_>>() {
        let status = patch.await.expect("the server answers");
        assert!(matches!(status, 200 | 422), "{status}");
        accepted += usize::from(status == 200);
    }

    let history = admin.get(&format!("{path}/history")).await.expect(200);
    let changes =
        history["items"].as_array().into_iter().flatten().flat_map(|item| item["changes"].as_array());
    let mut staff: Vec<i64> = changes
        .flatten()
        .filter(|change| change["field"] == "staff")
        .filter_map(|change| change["to"].as_i64())
        .collect();
    staff.reverse();
    assert!(staff.is_sorted() && staff.last() == Some(&15), "{staff:?}");
    assert!(accepted >= staff.len() - 1, "{accepted} of {staff:?}");
}
