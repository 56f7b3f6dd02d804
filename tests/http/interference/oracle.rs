//! An attacker who searches for a hidden number by halving.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

use super::asks::{Ask, ask, send};
use super::{World, answered, made};

on_both!(two_thousand_questions_find_no_hidden_number);

/// A way to ask whether the hidden number is above another.
pub(super) type Channel = (&'static str, fn(&World, i64) -> Ask);

/// Ways in which a question about `cost` of one's own record could be put.
pub(super) const CHANNELS: [Channel; 12] = [
    ("filter", |_, number| list(&json!({ "field": "cost", "op": "gt", "value": number.to_string() }))),
    ("negated", |_, number| {
        list(&json!({ "not": { "field": "cost", "op": "lte", "value": number.to_string() } }))
    }),
    ("a masked field", |_, number| {
        list(&json!({ "field": "contract_no", "op": "eq", "value": format!("HT-{number}") }))
    }),
    ("among other conditions", |world, number| {
        list(
            &json!({ "any": [{ "field": "id", "op": "eq", "value": world.foreign }, { "field": "cost", "op": "gt", "value": number.to_string() }] }),
        )
    }),
    ("through a relation", |_, number| {
        send(
            Method::POST,
            "/api/entities/order/query",
            json!({ "where": { "field": "customer.cost", "op": "gt", "value": number.to_string() }, "count": "exact" }),
        )
    }),
    ("rows that may not be seen", |_, number| {
        list(
            &json!({ "count": "order.customer", "where": { "field": "amount", "op": "gt", "value": number.to_string() }, "op": "gte", "value": 1 }),
        )
    }),
    ("staff of somebody else's", |_, number| list(&json!({ "field": "staff", "op": "gt", "value": number }))),
    ("numbers", |_, number| {
        send(
            Method::POST,
            "/api/entities/customer/aggregate",
            json!({ "measures": [{ "max": "cost" }], "having": { "field": "max_cost", "op": "gt", "value": number.to_string() } }),
        )
    }),
    ("search", |_, number| ask(Method::GET, format!("/api/search?q={number}"))),
    ("duplicates", |_, number| {
        send(
            Method::POST,
            "/api/entities/customer/duplicates",
            json!({ "record": { "cost": number.to_string(), "contract_no": format!("HT-{number}") } }),
        )
    }),
    ("a change of every record that is found", |_, number| {
        send(
            Method::POST,
            "/api/entities/customer/update",
            json!({ "where": { "field": "cost", "op": "gt", "value": number.to_string() }, "record": { "notes": "a" }, "dry_run": true }),
        )
    }),
    ("a form", |world, number| {
        send(
            Method::POST,
            "/api/forms/customer/evaluate",
            json!({ "record": world.own, "values": { "cost": number.to_string() } }),
        )
    }),
];

fn list(condition: &Value) -> Ask {
    send(
        Method::POST,
        "/api/entities/customer/query",
        json!({ "where": condition, "count": "exact", "fields": ["name"] }),
    )
}

async fn two_thousand_questions_find_no_hidden_number(backend: Backend) {
    const QUESTIONS: usize = 2_000;
    let (place, world) = made(backend).await;
    let server = TestServer::on(place).await;
    let admin = server.sign_in("admin").await;
    let hidden: i64 = 48_213;
    let own = path_of("customer", &json!(world.own));
    admin
        .patch(&own, &json!({ "cost": format!("{hidden}.00"), "contract_no": format!("HT-{hidden}") }))
        .await
        .expect(200);
    let theirs = json!({ "staff": hidden, "cost": format!("{hidden}.00") });
    admin.patch(&path_of("customer", &json!(world.foreign)), &theirs).await.expect(200);

    let attacker = server.sign_in("wu").await;
    // What is asked comes back in some refusals; only what else is said counts.
    let heard = async |client: &Client, ask: &Ask, number: i64| {
        answered(client, ask).await.replace(&number.to_string(), "<number>")
    };
    let mut asked = 0;
    let mut learnt = Vec::new();
    for round in 0.. {
        let before = asked;
        for (name, channel) in CHANNELS {
            let least = heard(&attacker, &channel(&world, 0), 0).await;
            // A search that halves: the answer to the smallest number is what “above” sounds like.
            let (mut low, mut high) = (0_i64, 100_000 + round);
            while high - low > 1 && asked < QUESTIONS {
                let middle = (low + high) / 2;
                let said = heard(&attacker, &channel(&world, middle), middle).await;
                asked += 1;
                let above = without_length(&said) == without_length(&least);
                if above { low = middle } else { high = middle }
            }
            if (low - hidden).abs() <= 1 || (high - hidden).abs() <= 1 {
                learnt.push(name);
            }
        }
        if asked >= QUESTIONS || asked == before {
            break;
        }
    }
    assert!(
        asked >= QUESTIONS && learnt.is_empty(),
        "after {asked} questions the number is known by {learnt:?}"
    );

    // Whoever may read the field finds it by the same search.
    let mia = server.sign_in("mia").await;
    let (mut low, mut high) = (0_i64, 100_000);
    while high - low > 1 {
        let middle = (low + high) / 2;
        let of_own = json!({ "field": "id", "op": "eq", "value": world.own });
        let from_middle = json!({ "field": "cost", "op": "gte", "value": middle.to_string() });
        let question = json!({ "count": "exact", "where": { "all": [of_own, from_middle] } });
        let found =
            mia.post("/api/entities/customer/query", &question).await.expect(200)["count"]["value"].as_i64();
        if found == Some(1) { low = middle } else { high = middle }
    }
    assert_eq!(low, hidden, "the search works where the field may be read");
}

/// An answer without the header of its length, which the length of the number asked for moves.
fn without_length(answer: &str) -> String {
    answer.lines().filter(|line| !line.starts_with("content-length")).collect::<Vec<_>>().join("\n")
}
