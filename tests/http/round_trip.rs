//! What is exported is what is stored, whole, and an import of it changes nothing.

use kezhi_tests::files::{download, import};
use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(every_kind_comes_back_as_it_went, a_file_of_objects_has_lookups, what_words_find_is_exported_whole,);

async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{path}: {saved:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

/// An entity with a field of each kind that people fill, and two records with a value in each.
#[allow(clippy::too_many_lines, reason = "a table")]
async fn kinds(admin: &Client) -> usize {
    let field = |title: &str, kind: &str| json!({ "title": title, "x-kind": kind });
    let to = |kind: &str| json!({ "title": kind, "x-kind": kind, "x-relation": { "entity": "thing" } });
    let mut thing = json!({ "title": "物", "x-title-field": "text", "x-owner": true, "properties": {
        "text": { "title": "文本", "x-kind": "text", "x-unique": true },
        "choice": { "title": "单选", "x-kind": "choice", "enum": ["a", "b"], "x-labels": { "a": "甲", "b": "乙" } },
        "choices": { "title": "多选", "x-kind": "choices", "enum": ["a", "b"], "x-labels": { "a": "甲", "b": "乙/丙" } },
        "tree": { "title": "树", "x-kind": "cascade", "enum": ["a", "ab", "b", "b-c"], "x-labels": { "a": "甲", "ab": "甲-乙", "b": "甲/乙", "b-c": "丙" } },
        "one": to("relation"), "many": to("relations"),
        "lines": { "title": "明细", "x-kind": "table", "items": { "properties": {
            "what": { "title": "品名", "x-kind": "text" }, "where": { "title": "地区", "x-kind": "cascade" },
        } } },
    } });
    for kind in [
        "long_text",
        "integer",
        "decimal",
        "percent",
        "money",
        "rating",
        "boolean",
        "tags",
        "cascade",
        "date",
        "datetime",
        "time",
        "lunar_date",
        "duration",
        "phone",
        "email",
        "url",
        "id_card",
        "company_code",
        "barcode",
        "color",
        "person",
        "people",
        "department",
        "departments",
        "address",
        "location",
        "json",
    ] {
        thing["properties"][format!("f_{kind}")] = field(kind, kind);
    }
    publish(admin, &[("entities/thing", thing)]).await;
    let sales = json!({ "key": "sales", "title": "销售部" });
    let sales = admin.post("/api/departments", &sales).await.expect(201);
    let me = admin.get("/api/me").await.expect(200);
    let first =
        admin.create("thing", &json!({ "text": "一", "f_address": { "detail": "浙江省杭州市某路" } })).await;
    let whole = json!({
        "text": "二", "f_long_text": "一行\n二行", "f_integer": 3, "f_decimal": "1.5", "f_percent": "12.5", "f_money": "9.90",
        "f_rating": 4, "f_boolean": true, "choice": "b", "choices": ["a", "b"], "f_tags": ["x", "y、z"], "tree": ["a", "ab"],
        "f_cascade": ["33", "3301", "330106"], "f_date": "2024-02-29", "f_datetime": "2024-03-05T00:30:00.000Z",
        "f_time": "08:30:00", "f_lunar_date": "1990-L05-15", "f_duration": "30d", "f_phone": "13900000001",
        "f_email": "a@example.com", "f_url": "https://example.com/", "f_id_card": "11010519491231002X",
        "f_company_code": "91350100M000100Y43", "f_barcode": "6901234567892", "f_color": "#ff0000",
        "f_person": me["id"], "f_people": [me["id"]], "f_department": sales["id"], "f_departments": [sales["id"]],
        "one": first["id"], "many": [first["id"]],
        "f_address": { "region": ["33", "3301"], "detail": "文三路1号" },
        "f_location": { "lat": 31.2304, "lng": 121.4737 }, "f_json": { "a": [1] },
        "lines": [{ "what": "茶", "where": ["33"] }, { "what": "杯", "where": ["33", "3301"] }],
    });
    admin.create("thing", &whole).await;
    admin.create("thing", &json!({ "text": "三", "tree": ["b", "b-c"], "f_cascade": ["11"] })).await;
    3
}

async fn every_kind_comes_back_as_it_went(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let count = kinds(&admin).await;
    let stored =
        async || admin.get("/api/entities/thing/records?sort=text").await.expect(200)["items"].clone();
    let before = stored().await;
    for shape in ["format=csv", "format=xlsx", "format=csv&labels=true", "format=xlsx&labels=true"] {
        let bytes = download(&admin, &format!("/api/entities/thing/export?{shape}")).await;
        let again = import(&admin, "thing", bytes.clone(), &json!({ "mode": "update", "key": "id" })).await;
        let result = &again["result"];
        assert_eq!(
            (&result["unchanged"], &again["errors"], &result["warned"]),
            (&json!(count), &json!(0), &json!(0)),
            "{shape}: {again:#} {}",
            String::from_utf8_lossy(&bytes)
        );
        assert_eq!(stored().await, before, "{shape}");
    }
    let people = download(&admin, "/api/entities/thing/export?labels=true").await;
    let people = String::from_utf8_lossy(&people).into_owned();
    for words in ["浙江省/杭州市/西湖区", "销售部", "31.2304,121.4737", "浙江省/杭州市 文三路1号"]
    {
        assert!(people.contains(words), "{words}: {people}");
    }
}

async fn a_file_of_objects_has_lookups(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let product = json!({ "title": "商品", "properties": { "name": { "title": "名称", "x-kind": "text" } } });
    let line = json!({ "title": "明细", "properties": {
        "product": { "title": "商品", "x-kind": "relation", "x-relation": { "entity": "product" } },
        "called": { "title": "品名", "x-kind": "lookup", "x-lookup": { "via": "product", "field": "name" } },
    } });
    publish(&admin, &[("entities/product", product), ("entities/line", line)]).await;
    let tea = admin.create("product", &json!({ "name": "茶" })).await;
    admin.create("line", &json!({ "product": tea["id"] })).await;
    let file = download(&admin, "/api/entities/line/export?format=json&fields=called").await;
    let list: Value = serde_json::from_slice(&file).expect("JSON");
    assert_eq!((&list[0]["called"], list[0].get("product")), (&json!("茶"), None), "{list:#}");
}

async fn what_words_find_is_exported_whole(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let create = |at: usize| json!({ "op": "create", "record": { "name": format!("张三 {at:04}") } });
    let operations: Vec<Value> = (0..1_203).map(create).collect();
    let body = json!({ "operations": operations, "workflows": false });
    mia.post("/api/entities/customer/batch", &body).await.expect(200);
    for sort in ["", "&sort=name"] {
        let path = format!("/api/entities/customer/export?fields=name&q=张三{sort}");
        let file = String::from_utf8(download(&mia, &path).await).expect("UTF-8");
        let names: std::collections::BTreeSet<&str> = file.lines().skip(1).collect();
        assert_eq!((names.len(), file.lines().count()), (1_203, 1_204), "{sort}");
    }
}
