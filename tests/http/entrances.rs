//! The same rows one by one, in a batch and in a file: what holds at one entrance holds at the others.

use kezhi_tests::files::import;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    rows_are_judged_alike_at_every_entrance,
    rows_with_sub_tables_and_rules_are_judged_alike_at_every_entrance
);

const HEADER: [&str; 14] = [
    "name",
    "phone",
    "email",
    "newsletter",
    "industry",
    "skin_type",
    "contract_no",
    "staff",
    "budget",
    "discount",
    "channels",
    "website",
    "since",
    "referrer",
];

/// Codes and pointers of one row; nothing where it was stored.
type Verdict = Vec<(String, String)>;

/// Twenty customers, valid and wrong in every way.
fn customers() -> Vec<Value> {
    let nobody = "00000000-0000-7000-8000-000000000000";
    vec![
        json!({ "name": "甲", "phone": "13900000001", "email": "a@example.com", "newsletter": true, "industry": "retail",
            "staff": 3, "budget": "12.50", "discount": "5.00", "channels": ["web", "shop"],
            "website": "https://example.com", "since": "2024-02-29" }),
        json!({ "phone": "13900000002" }),
        json!({ "name": "长".repeat(41) }),
        json!({ "name": "同号", "phone": "139-0000-0001" }),
        json!({ "name": "无邮箱", "newsletter": true }),
        json!({ "name": "坏邮箱", "email": "nobody" }),
        json!({ "name": "坏行业", "industry": "mining" }),
        json!({ "name": "隐藏", "industry": "food", "skin_type": "dry" }),
        json!({ "name": "只读", "industry": "food", "contract_no": "007" }),
        json!({ "name": "不是数", "staff": "许多" }),
        json!({ "name": "太小", "staff": -1 }),
        json!({ "name": "太大", "staff": "1e309" }),
        json!({ "name": "太细", "budget": "1.234" }),
        json!({ "name": "负数", "budget": "-1.00" }),
        json!({ "name": "太多折扣", "discount": "101.00" }),
        json!({ "name": "坏渠道", "channels": ["web", "fax"] }),
        json!({ "name": "坏网址", "website": "no address" }),
        json!({ "name": "坏日期", "since": "2024-02-30" }),
        json!({ "name": "无此人", "referrer": nobody }),
        json!({ "phone": "13900000001", "email": "nobody", "staff": -1, "newsletter": true }),
    ]
}

/// A row as a line of CSV.
fn line(row: &Value) -> String {
    let cell = |key: &&str| match &row[*key] {
        Value::Null => String::new(),
        Value::Bool(value) => (if *value { "是" } else { "否" }).to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("、"),
        other => other.to_string(),
    };
    HEADER.iter().map(cell).collect::<Vec<_>>().join(",")
}

fn verdict(violations: &Value) -> Verdict {
    let text = |found: &Value, key: &str| found[key].as_str().unwrap_or_default().to_owned();
    let mut verdict: Verdict = violations
        .as_array()
        .into_iter()
        .flatten()
        .map(|found| (text(found, "code"), text(found, "pointer")))
        .collect();
    verdict.sort();
    verdict
}

/// What each row gets by itself: its problems, and its warnings.
async fn singly(client: &Client, entity: &str, rows: &[Value]) -> (Vec<Verdict>, Vec<Verdict>) {
    let (mut verdicts, mut warnings) = (Vec::new(), Vec::new());
    for row in rows {
        let answer = client.post(&format!("/api/entities/{entity}/records"), row).await;
        assert!(matches!(answer.status, 201 | 422), "{answer:?}");
        verdicts.push(verdict(&answer.body["violations"]));
        warnings.push(verdict(&answer.body["warnings"]));
        assert_eq!(answer.status == 201, verdicts.last().is_some_and(Vec::is_empty), "{answer:?}");
    }
    (verdicts, warnings)
}

async fn in_a_batch(client: &Client, entity: &str, rows: &[Value]) -> Vec<Verdict> {
    let operations: Vec<Value> = rows.iter().map(|row| json!({ "op": "create", "record": row })).collect();
    let body = json!({ "operations": operations, "atomic": false });
    let done = client.post(&format!("/api/entities/{entity}/batch"), &body).await.expect(200);
    let results = done["results"].as_array().cloned().unwrap_or_default();
    results.iter().map(|result| verdict(&result["violations"])).collect()
}

/// The same of a file; `at` gives the number of the row on which each record begins.
async fn in_a_file(
    client: &Client,
    entity: &str,
    (file, at): (String, &[i64]),
) -> (Vec<Verdict>, Vec<Verdict>) {
    let job = import(client, entity, file, &json!({})).await;
    assert_eq!(job["state"], "done", "{job:#}");
    let of = |list: &Value, row: i64| {
        let found = list.as_array().into_iter().flatten().find(|told| told["row"] == row);
        found.map(|told| verdict(&told["problems"])).unwrap_or_default()
    };
    let result = &job["result"];
    (
        at.iter().map(|row| of(&result["refused"], *row)).collect(),
        at.iter().map(|row| of(&result["warnings"], *row)).collect(),
    )
}

async fn rows_are_judged_alike_at_every_entrance(backend: Backend) {
    let rows = customers();
    let file: Vec<String> = std::iter::once(HEADER.join(",")).chain(rows.iter().map(line)).collect();
    let at: Vec<i64> = (2..).take(rows.len()).collect();
    let server = TestServer::start(backend).await;
    let (alone, warned) = singly(&server.sign_in("mia").await, "customer", &rows).await;
    assert_eq!(alone.iter().filter(|verdict| verdict.is_empty()).count(), 3, "{alone:#?}");

    let server = TestServer::start(backend).await;
    assert_eq!(in_a_batch(&server.sign_in("mia").await, "customer", &rows).await, alone);
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    assert_eq!(in_a_file(&mia, "customer", (file.join("\n"), &at)).await, (alone, warned));
}

async fn rows_with_sub_tables_and_rules_are_judged_alike_at_every_entrance(backend: Backend) {
    let orders = |customer: &Value| {
        let item =
            |quantity: i64, price: &str| json!({ "product": "茶", "quantity": quantity, "price": price });
        vec![
            json!({ "customer": customer, "lines": [item(2, "10.50"), item(1, "3.00")], "status": "paid" }),
            json!({ "customer": customer, "status": "paid" }),
            json!({ "customer": customer, "lines": [item(1, "3.00")], "discount": "9.00" }),
            json!({ "customer": customer, "lines": [item(0, "3.00"), item(1, "-3.00")] }),
            json!({ "customer": customer, "lines": [item(100, "9999.00")] }),
            json!({ "customer": customer, "lines": [item(1, "3.00")], "status": "lost" }),
            json!({ "lines": [{ "product": "茶", "quantity": 1 }] }),
        ]
    };
    let file = "customer,status,discount,lines.product,lines.quantity,lines.price\n\
                甲,paid,,茶,2,10.50\n,,,茶,1,3.00\n\
                甲,paid,,,,\n\
                甲,,9.00,茶,1,3.00\n\
                甲,,,茶,0,3.00\n,,,茶,1,-3.00\n\
                甲,,,茶,100,9999.00\n\
                甲,lost,,茶,1,3.00\n\
                ,draft,,茶,1,\n";
    let at = [2, 4, 5, 6, 8, 9, 10];
    let mut verdicts = Vec::new();
    for entrance in 0..3 {
        let server = TestServer::start(backend).await;
        let mia = server.sign_in("mia").await;
        let customer = mia.create("customer", &json!({ "name": "甲" })).await["id"].clone();
        let rows = orders(&customer);
        verdicts.push(match entrance {
            0 => singly(&mia, "order", &rows).await,
            1 => (in_a_batch(&mia, "order", &rows).await, Vec::new()),
            _ => in_a_file(&mia, "order", (file.to_owned(), &at)).await,
        });
    }
    let (alone, batch, file) = (&verdicts[0], &verdicts[1].0, &verdicts[2]);
    assert_eq!(alone.0.iter().filter(|verdict| verdict.is_empty()).count(), 2, "{alone:#?}");
    assert!(!alone.1[1].is_empty(), "an order without lines is stored with a warning");
    assert_eq!((&alone.0, &alone.0), (batch, &file.0));
    assert_eq!(alone.1, file.1);
}
