//! Questions that ask too much: refused before they are asked, or given up while others go on.

use std::time::{Duration, Instant};

use kezhi_tests::{Backend, TestServer, image, on_both};
use serde_json::{Value, json};

on_both!(
    a_question_has_a_price,
    a_question_that_takes_too_long_is_given_up,
    no_parameter_becomes_part_of_a_statement,
);

const QUERY: &str = "/api/entities/customer/query";

async fn a_question_has_a_price(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let leaf = json!({ "field": "name", "op": "eq", "value": "x" });
    let rows = json!({ "some": "order.customer" });
    let nested = (0..4).fold(leaf.clone(), |inner, _| json!({ "some": "order.customer", "where": inner }));
    for (asked, code) in [
        (json!({ "where": { "any": vec![leaf.clone(); 201] } }), "query.too_many_leaves"),
        (json!({ "where": { "all": vec![json!({ "all": [] }); 5_000] } }), "query.too_many_leaves"),
        (json!({ "where": { "any": vec![rows; 21] } }), "query.too_many_rows"),
        (json!({ "where": nested }), "query.too_many_rows"),
        (
            json!({ "where": { "field": "name", "op": "in", "value": vec!["x"; 100_000] } }),
            "query.too_many_values",
        ),
        (
            json!({ "where": { "field": "tags", "op": "has_all", "value": vec!["x"; 201] } }),
            "query.too_many_values",
        ),
        (json!({ "include": vec!["owner"; 21] }), "query.too_many_names"),
        (json!({ "fields": vec!["name"; 1_001] }), "query.too_many_names"),
        (json!({ "sort": vec!["name"; 5] }), "query.sort"),
    ] {
        mia.post(QUERY, &asked).await.problem(422, code);
    }
    let update = json!({ "where": { "field": "name", "op": "in", "value": vec!["x"; 5_001] }, "record": {} });
    mia.post("/api/entities/customer/update", &update).await.problem(422, "query.too_many_values");
    let aggregate =
        json!({ "having": { "any": vec![json!({ "field": "count", "op": "gt", "value": 1 }); 201] } });
    mia.post("/api/entities/customer/aggregate", &aggregate).await.problem(422, "query.too_many_leaves");
    let allowed = json!({ "where": { "field": "name", "op": "in", "value": vec!["x"; 5_000] } });
    mia.post(QUERY, &allowed).await.expect(200);
}

/// Two hundred searches in a text that none of them finds.
fn hopeless() -> Value {
    let leaf = |at: usize| json!({ "field": "notes", "op": "contains", "value": format!("{at}-{}", "w".repeat(100)) });
    json!({ "where": { "any": (0..200).map(leaf).collect::<Vec<_>>() }, "count": "exact" })
}

async fn a_question_that_takes_too_long_is_given_up(backend: Backend) {
    let place = image::of(backend).await.copy();
    let server = TestServer::launch_in(place, &["--demo"], &[("KEZHI_STATEMENT_TIMEOUT", "400")]).await;
    let server = server.unwrap_or_else(|(why, _)| panic!("{why}"));
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let rows = 6_000;
    for from in (0..rows).step_by(2_000) {
        let create = |at: usize| json!({ "op": "create", "record": { "name": format!("{at:06}"), "notes": "客户".repeat(200) } });
        let operations: Vec<Value> = (from..from + 2_000).map(create).collect();
        let stored = admin
            .post("/api/entities/customer/batch", &json!({ "operations": operations, "workflows": false }))
            .await;
        assert_eq!(stored.expect(200)["committed"], 2_000);
    }
    let begun = Instant::now();
    admin.post(QUERY, &hopeless()).await.problem(422, "query.too_slow");
    assert!(begun.elapsed() < Duration::from_secs(20), "it is given up: {:?}", begun.elapsed());
    // While such questions run, others are answered; and the connections are as they were.
    let others = async {
        for _ in 0..20 {
            mia.get("/api/entities/customer/records?limit=1").await.expect(200);
        }
    };
    let slow = async {
        for _ in 0..3 {
            admin.post(QUERY, &hopeless()).await.problem(422, "query.too_slow");
        }
    };
    tokio::join!(others, slow);
    // Work that nobody waits for has all the time that it takes.
    let export = admin.get("/api/entities/customer/export?format=csv").await;
    assert_eq!(export.status, 200);
    let lines = export.body.as_str().unwrap_or_default().lines().count();
    assert!(lines > rows, "{lines} lines of {rows} records");
}

/// Where a field, a sort key, a measure or a word is asked for, a statement is.
async fn no_parameter_becomes_part_of_a_statement(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let kept = admin.create("customer", &json!({ "name": "甲'\"; DROP TABLE customer; --" })).await;
    let attacks = [
        "name'; DROP TABLE settings; --",
        "name\" OR \"1\"=\"1",
        "name) UNION SELECT password FROM users --",
        "name/**/OR/**/1=1",
        "1; SELECT pg_sleep(10)",
        "name COLLATE NOCASE",
        "$1",
        "?1",
        "\u{0}",
        "name\\",
        "(SELECT 1)",
        "data->>'name'",
    ];
    for attack in attacks {
        for asked in [
            json!({ "sort": [attack] }),
            json!({ "fields": [attack] }),
            json!({ "include": [attack] }),
            json!({ "where": { "field": attack, "op": "eq", "value": 1 } }),
            json!({ "where": { "some": attack } }),
            json!({ "after": attack }),
        ] {
            let answer = admin.post(QUERY, &asked).await;
            assert!((400..500).contains(&answer.status), "{asked}: {answer:?}");
        }
        for asked in [
            json!({ "where": { "field": "name", "op": "eq", "value": attack } }),
            json!({ "where": { "field": "name", "op": "contains", "value": attack } }),
            json!({ "where": { "field": "name", "op": "in", "value": [attack] } }),
        ] {
            let answer = admin.post(QUERY, &asked).await;
            assert!(answer.status == 200 || answer.status == 422, "{asked}: {answer:?}");
            assert!(
                answer.status != 200 || answer.body["items"].as_array().is_some_and(Vec::is_empty),
                "{asked}: {answer:?}"
            );
        }
        let words = admin.post(QUERY, &json!({ "q": attack })).await;
        assert!(words.status == 200 || words.status == 422, "{attack}: {words:?}");
        for asked in [
            json!({ "group_by": [attack] }),
            json!({ "measures": [{ "sum": attack }] }),
            json!({ "measures": [{ attack: "*" }] }),
            json!({ "group_by": [{ "field": "created_at", "by": attack }] }),
            json!({ "sort": [attack] }),
        ] {
            let answer = admin.post("/api/entities/customer/aggregate", &asked).await;
            assert!((400..500).contains(&answer.status), "{asked}: {answer:?}");
        }
        // A name for a measure is only ever shown.
        let named = json!({ "measures": [{ "count": "*", "as": attack }] });
        let answer = admin.post("/api/entities/customer/aggregate", &named).await;
        assert!(answer.status == 422 || answer.body["items"][0][attack].as_i64() >= Some(1), "{answer:?}");
    }
    assert_eq!(admin.record("customer", &kept).await["name"], kept["name"]);
}
