//! `GET /api/entities/{entity}/export`.

use kezhi_tests::files::{download, import};
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    a_file_holds_what_its_reader_may_see,
    a_text_that_would_be_a_formula_is_kept_from_being_one,
    what_was_exported_can_be_imported_again,
    a_long_list_comes_whole,
    a_person_exports_so_often_within_an_hour,
);

const EXPORT: &str = "/api/entities/customer/export";

async fn text(client: &Client, path: &str) -> String {
    String::from_utf8(download(client, path).await).expect("UTF-8")
}

async fn a_file_holds_what_its_reader_may_see(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, ann) = (server.sign_in("mia").await, server.sign_in("ann").await);
    let mine = ann
        .create("customer", &json!({ "name": "甲", "industry": "food", "staff": 3, "newsletter": false }))
        .await;
    mia.create("customer", &json!({ "name": "乙", "cost": "5.00" })).await;

    let file = text(&ann, &format!("{EXPORT}?format=csv&fields=name,industry,staff,owner&sort=name")).await;
    let id = mine["id"].as_str().unwrap_or_default();
    let owner = mine["owner"].as_str().unwrap_or_default();
    assert_eq!(file, format!("id,name,industry,staff,owner\r\n{id},甲,food,3,{owner}\r\n"));
    let file =
        text(&ann, &format!("{EXPORT}?format=csv&labels=true&fields=name,industry,owner,newsletter")).await;
    assert_eq!(file, format!("\u{feff}id,名称,行业,负责人,订阅\r\n{id},甲,餐饮,安,否\r\n"));

    let whole = text(&ann, &format!("{EXPORT}?format=csv")).await;
    let header = whole.lines().next().unwrap_or_default();
    assert!(
        header.starts_with("id,name,code,phone,") && !header.contains("cost") && !header.contains("owner"),
        "{header}"
    );
    ann.get(&format!("{EXPORT}?fields=name,cost")).await.problem(422, "query.unknown_field");
    ann.get("/api/entities/order/export").await.problem(403, "access.denied");
    ann.get(&format!("{EXPORT}?limit=3")).await.problem(400, "query.parameter");
    let list: Value = serde_json::from_slice(
        &download(&mia, &format!("{EXPORT}?format=json&sort=name&fields=name,cost")).await,
    )
    .expect("JSON");
    assert_eq!(
        (&list[0]["name"], &list[0]["cost"], list.as_array().map(Vec::len)),
        (&json!("乙"), &json!("5.00"), Some(2))
    );
    let none = text(&mia, &format!("{EXPORT}?format=json&q=zzzz")).await;
    assert_eq!(none, "[]\n");
}

async fn a_text_that_would_be_a_formula_is_kept_from_being_one(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let nasty = ["=HYPERLINK(\"http://x\")", "+1", "-1+1", "@SUM(A1)", "'=1", "正常"];
    for name in nasty {
        mia.create("customer", &json!({ "name": name, "budget": "12.50" })).await;
    }

    let file = text(&mia, &format!("{EXPORT}?fields=name,budget")).await;
    for name in &nasty[..5] {
        let quoted = name.replace('"', "\"\"");
        assert!(file.contains(&format!("'{quoted}")), "{name}: {file}");
    }
    assert!(file.contains(",正常,12.50"), "numbers and plain texts stay as they are: {file}");
    for format in ["csv", "xlsx"] {
        let bytes = download(&mia, &format!("{EXPORT}?format={format}&fields=name,budget")).await;
        let again = import(&mia, "customer", bytes, &json!({ "mode": "update", "key": "id" })).await;
        assert_eq!(
            (&again["result"]["unchanged"], &again["errors"]),
            (&json!(6), &json!(0)),
            "{format}: {again:#}"
        );
    }
}

async fn what_was_exported_can_be_imported_again(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let first = mia.create("customer", &json!({ "name": "甲", "phone": "13900000001" })).await;
    let all = json!({
        "name": "乙", "phone": "+86 139-0000-0002", "email": "b@example.com", "newsletter": true, "industry": "cosmetics",
        "skin_type": "oily", "contract_no": "007", "staff": 12, "budget": "1234567.89", "discount": "12.50",
        "tags": ["a", "b/c"], "channels": ["web", "phone"], "website": "https://example.com", "since": "2024-02-29",
        "met_at": "2024-03-05T08:30:00+08:00", "notes": "第一行\n第二行", "referrer": first["id"], "advisor": first["owner"],
    });
    mia.create("customer", &all).await;
    mia.create("order", &json!({ "customer": first["id"], "lines": [
        { "product": "茶", "quantity": 2, "price": "10.50" }, { "product": "杯", "quantity": 1, "price": "3.00" },
    ] })).await;

    for (entity, count) in [("customer", 2), ("order", 1)] {
        for shape in ["format=csv", "format=xlsx", "format=csv&labels=true", "format=xlsx&labels=true"] {
            let bytes = download(&mia, &format!("/api/entities/{entity}/export?{shape}")).await;
            let again = import(&mia, entity, bytes, &json!({ "mode": "update", "key": "id" })).await;
            let result = &again["result"];
            assert_eq!(
                (&result["updated"], &again["errors"]),
                (&json!(count), &json!(0)),
                "{entity} {shape}: {again:#}"
            );
            assert_eq!(result["unchanged"], count, "{entity} {shape}: {again:#}");
        }
    }
    let order = mia.get("/api/entities/order/records").await.expect(200)["items"][0].clone();
    assert_eq!((order["lines"].as_array().map(Vec::len), &order["amount"]), (Some(2), &json!("24.00")));
}

async fn a_long_list_comes_whole(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let create = |at: usize| json!({ "op": "create", "record": { "name": format!("甲{at:04}") } });
    let operations: Vec<Value> = (0..2_500).map(create).collect();
    let body = json!({ "operations": operations, "workflows": false });
    mia.post("/api/entities/customer/batch", &body).await.expect(200);

    let file = text(&mia, &format!("{EXPORT}?fields=name&sort=name")).await;
    let names: Vec<&str> = file.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!((names.len(), names[0], names[2_499]), (2_500, "甲0000", "甲2499"));
    assert!(names.is_sorted());
    let bytes = download(&mia, &format!("{EXPORT}?format=xlsx&fields=name")).await;
    let again = import(&mia, "customer", bytes, &json!({ "mode": "update", "key": "id" })).await;
    assert_eq!(again["result"]["unchanged"], 2_500, "{again:#}");
}

async fn a_person_exports_so_often_within_an_hour(backend: Backend) {
    let place = kezhi_tests::image::of(backend).await.copy();
    place.folder.write("kezhi.toml", "exports_per_hour = 2\n");
    let server = TestServer::on(place).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);
    let path = format!("{EXPORT}?format=csv");

    mia.get(&format!("{EXPORT}?fields=nothing")).await.problem(422, "query.unknown_field");
    for _ in 0..2 {
        assert_eq!(mia.get(&path).await.status, 200, "what was refused does not count");
    }
    let waits = mia.get(&path).await;
    let seconds: u64 =
        waits.header("retry-after").and_then(|text| text.parse().ok()).expect("it says how long");
    assert!((3500..=3600).contains(&seconds), "{seconds}");
    waits.problem(429, "export.too_many");
    assert_eq!(noah.get(&path).await.status, 200, "everybody counts alone");

    server.sign_in("admin").await.post("/api/clock", &json!({ "advance": "1h" })).await.expect(200);
    assert_eq!(mia.get(&path).await.status, 200);
}
