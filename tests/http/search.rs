//! `q=` of lists and `GET /api/search`: what words find, by rank, never more than the asker may read.

use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

use super::lists::with_role;

on_both!(
    a_masked_or_hidden_field_is_not_searched,
    what_leads_a_record_ranks_first,
    one_search_over_every_entity,
    what_cannot_be_looked_for_is_told,
);

async fn list(client: &Client, question: &[(&str, &str)]) -> Value {
    let request = client.request(Method::GET, "/api/entities/customer/records").query(question);
    client.send(request).await.expect(200)
}

fn names(items: &Value, key: &str) -> Vec<String> {
    let items = items["items"].as_array().into_iter().flatten();
    items.map(|item| item[key].as_str().unwrap_or_default().to_owned()).collect()
}

async fn everywhere(client: &Client, q: &str) -> Value {
    client.send(client.request(Method::GET, "/api/search").query(&[("q", q)])).await.expect(200)
}

async fn a_masked_or_hidden_field_is_not_searched(backend: Backend) {
    let server = TestServer::start(backend).await;
    for (number, right) in ["masked", "hidden"].into_iter().enumerate() {
        let key = format!("looker{number}");
        let role = json!({ "title": "看", "entities": { "customer": {
            "read": true, "fields": { "*": "read", "phone": right } } } });
        let ann = with_role(&server, &key, &role, &["clerk", &key]).await;
        let mia = server.sign_in("mia").await;
        let phone = |last: u32| format!("1390000{number}{last:03}");
        mia.create("customer", &json!({ "name": "别人的", "phone": phone(1) })).await;
        ann.create("customer", &json!({ "name": "自己的", "phone": phone(2) })).await;

        let digits = format!("0000{number}0");
        for finds in
            [list(&ann, &[("q", &digits)]).await, list(&ann, &[("q", &digits), ("sort", "name")]).await]
        {
            assert_eq!(names(&finds, "name"), ["自己的"], "a {right} phone is not searched: {finds:#}");
            assert_eq!(finds["count"]["value"], 1, "nor counted");
        }
        assert_eq!(names(&everywhere(&ann, &digits).await, "title"), ["自己的"]);
        assert_eq!(names(&list(&mia, &[("q", &digits)]).await, "name").len(), 2);
        assert_eq!(
            names(&list(&ann, &[("q", "bieren")]).await, "name").len(),
            number + 1,
            "the name may be read"
        );
    }
}

async fn what_leads_a_record_ranks_first(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    ann.create("customer", &json!({ "name": "13812 茶铺" })).await;
    for last in 0..4 {
        ann.create("customer", &json!({ "name": format!("客{last}"), "phone": format!("1381200000{last}") }))
            .await;
    }
    ann.create("customer", &json!({ "name": "书店 13812" })).await;

    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = list(&ann, &[("q", "13812"), ("limit", "2"), ("after", after.as_str())]).await;
        paged.extend(names(&page, "name"));
        assert_eq!(page["count"]["value"], 6);
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(
        paged,
        ["书店 13812", "13812 茶铺", "客3", "客2", "客1", "客0"],
        "titles first, then the newest"
    );
    let sorted = list(&ann, &[("q", "13812"), ("sort", "created_at"), ("limit", "3")]).await;
    assert_eq!(names(&sorted, "name"), ["13812 茶铺", "客0", "客1"], "an order of one's own holds");
}

async fn one_search_over_every_entity(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let mut visit = admin.get("/api/draft/entities/visit").await.expect(200);
    visit["properties"]["subject"]["x-search"] = json!(true);
    admin.put("/api/draft/entities/visit", visit.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "visits are searched" })).await.expect(201);
    let (ann, bob) = (server.sign_in("ann").await, server.sign_in("bob").await);
    let shop = ann.create("customer", &json!({ "name": "张三茶铺" })).await;
    let visit = ann.create("visit", &json!({ "subject": "拜访张三", "customer": shop["id"] })).await;
    bob.create("visit", &json!({ "subject": "张三又来了" })).await;

    for q in ["张三", "zhangsan", "zs"] {
        let found = everywhere(&ann, q).await;
        let told: Vec<(&Value, &Value, &Value)> = found["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| (&item["entity"], &item["id"], &item["title"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!("visit"), &visit["id"], &json!("拜访张三")),
                (&json!("customer"), &shop["id"], &json!("张三茶铺"))
            ],
            "{q}: one's own, the freshest first"
        );
        assert_eq!(found["more"], json!(false));
    }
    let one = ann.get("/api/search?q=zs&limit=1").await.expect(200);
    assert_eq!((one["items"].as_array().map(Vec::len), &one["more"]), (Some(1), &json!(true)));
}

async fn what_cannot_be_looked_for_is_told(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    ann.get("/api/search").await.problem(422, "query.words");
    ann.get(&format!("/api/search?q={}", "a".repeat(201))).await.problem(422, "query.words");
    ann.get("/api/search?q=a&limit=0").await.problem(400, "query.limit");
    ann.get("/api/search?q=a&colour=red").await.problem(400, "query.parameter");
    assert_eq!(everywhere(&ann, "\" OR * ' ) :").await["items"], json!([]));
    server.unknown().get("/api/search?q=a").await.problem(401, "session.required");
}
