//! Serial numbers: exact under many writers, beginning anew with the text before them, behind those that were brought.

use futures_util::future::join_all;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(thirty_two_writers_count_without_gap_or_repetition, numbers_that_were_brought_are_not_given_again);

/// Writers at the same time.
const WRITERS: usize = 32;
/// Records that each tries to make; every third is refused after its number would have been taken.
const EACH: usize = 6;

async fn invoices(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let entity = json!({
        "title": "发票", "required": ["amount"],
        "properties": {
            "number": { "title": "号", "x-kind": "serial", "x-serial": "FP-{seq:2}", "x-serial-mode": "gap_free" },
            "ticket": { "title": "单", "x-kind": "serial", "x-serial": "T{yyyy}-{seq:1}", "x-serial-mode": "monotonic" },
            "amount": { "title": "金额", "x-kind": "money" },
            "code": { "title": "码", "x-kind": "text", "x-unique": true },
        },
    });
    let answer = admin.put("/api/draft/entities/invoice", entity.to_string()).await;
    assert!(answer.status < 300, "{answer:?}");
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    admin
}

/// The numbers after `prefix`, in order.
fn numbers(records: &[Value], field: &str, prefix: &str) -> Vec<usize> {
    let text = |record: &Value| record[field].as_str().unwrap_or_default().to_owned();
    let mut numbers: Vec<usize> = records
        .iter()
        .map(|record| {
            text(record).strip_prefix(prefix).and_then(|number| number.parse().ok()).expect("a number")
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

async fn thirty_two_writers_count_without_gap_or_repetition(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = invoices(&server).await;
    let made = join_all((0..WRITERS).map(|writer| {
        let admin = &admin;
        async move {
            let mut made = Vec::new();
            for turn in 0..EACH {
                // The same code from two writers, or no amount: what took a number gives it back.
                let code = if turn % 3 == 2 {
                    format!("same {}", turn + writer / 2)
                } else {
                    format!("{writer} {turn}")
                };
                let mut invoice = json!({ "amount": "1.00", "code": code });
                if turn % 3 == 1 && writer % 2 == 0 {
                    invoice["amount"] = Value::Null;
                }
                let answer = admin.post("/api/entities/invoice/records", &invoice).await;
                assert!(matches!(answer.status, 201 | 409 | 422), "{answer:?}");
                made.extend((answer.status == 201).then_some(answer.body));
            }
            made
        }
    }))
    .await
    .concat();
    assert!(made.len() > WRITERS * EACH / 2 && made.len() < WRITERS * EACH, "{}", made.len());
    let without_gap: Vec<usize> = (1..=made.len()).collect();
    assert_eq!(numbers(&made, "number", "FP-"), without_gap);
    let year = made[0]["ticket"].as_str().and_then(|ticket| ticket.get(..6)).expect("a year").to_owned();
    let mut tickets = numbers(&made, "ticket", &year);
    tickets.dedup();
    assert_eq!(tickets.len(), made.len(), "no number is given twice");
    assert!(made.iter().any(|record| record["number"] == "FP-09"), "two digits");
    assert!(made.iter().any(|record| record["number"] == "FP-100"), "and more where they are needed");
}

async fn numbers_that_were_brought_are_not_given_again(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = invoices(&server).await;
    let first = admin.create("invoice", &json!({ "amount": "1.00" })).await;
    assert_eq!(first["number"], "FP-01");
    let sheet = "号,金额\nFP-40,2.00\nFP-12,3.00\nA-99,4.00\n,5.00\n";
    let imported = kezhi_tests::files::import(&admin, "invoice", sheet, &json!({})).await;
    assert_eq!(imported["result"]["created"], json!(4), "{imported:#}");
    let page = admin.post("/api/entities/invoice/query", &json!({ "sort": ["amount"] })).await.expect(200);
    let given: Vec<&str> =
        page["items"].as_array().expect("items").iter().filter_map(|item| item["number"].as_str()).collect();
    assert_eq!(given, ["FP-01", "FP-40", "FP-12", "A-99", "FP-41"]);
    assert_eq!(admin.create("invoice", &json!({ "amount": "6.00" })).await["number"], "FP-42");
}
