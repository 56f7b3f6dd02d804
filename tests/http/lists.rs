//! `/api/entities/{entity}/records?…` and `/query`: pages of records.

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_list_answers_where_sort_and_fields,
    every_record_appears_once_while_paging,
    absent_values_come_last_in_both_directions,
    counts_are_capped_exact_or_none,
    relations_are_included_and_named,
    words_find_chinese_pinyin_and_digits,
    a_cursor_belongs_to_its_question,
    what_cannot_be_asked_is_told,
    the_same_question_may_stand_in_a_body,
    rights_add_up_row_by_row,
    a_scope_over_other_records_holds_everywhere,
    only_what_may_be_read_is_named,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn ask(client: &Client, entity: &str, question: &[(&str, &str)]) -> kezhi_tests::Answer {
    let request = client.request(Method::GET, &format!("/api/entities/{entity}/records")).query(question);
    client.send(request).await
}

fn names(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().expect("a list has items");
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Eleven customers: a–k with staff 0–9 and none, every other in food.
async fn eleven(client: &Client) {
    let operations: Vec<Value> = ('a'..='k')
        .enumerate()
        .map(|(at, name)| {
            let staff = if at < 10 { json!(at) } else { Value::Null };
            let industry = if at % 2 == 0 { "food" } else { "retail" };
            json!({ "op": "create", "record": { "name": name.to_string(), "staff": staff, "industry": industry, "budget": "10.00" } })
        })
        .collect();
    let done =
        client.post("/api/entities/customer/batch", &json!({ "operations": operations })).await.expect(200);
    assert_eq!(done["committed"], 11, "{done:#}");
}

async fn a_list_answers_where_sort_and_fields(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    eleven(&ann).await;
    let condition = json!({ "all": [
        { "field": "industry", "op": "eq", "value": "food" },
        { "any": [{ "field": "staff", "op": "gte", "value": 4 }, { "field": "name", "op": "in", "value": ["a", "b"] }] },
    ] })
    .to_string();

    let question = [("where", condition.as_str()), ("sort", "-staff,name"), ("fields", "name,staff")];
    let list = ask(&ann, "customer", &question).await.expect(200);

    assert_eq!(names(&list), ["i", "g", "e", "a"]);
    let first = list["items"][0].as_object().expect("an item is an object");
    let mut keys: Vec<&str> = first.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["id", "name", "staff", "version"]);

    let grade = json!({ "field": "value", "op": "eq", "value": "C" }).to_string();
    let graded = ask(&ann, "customer", &[("where", grade.as_str())]).await.expect(200);
    assert_eq!(graded["items"].as_array().map(Vec::len), Some(11), "grades compare by their letter");
    let money = json!({ "field": "budget", "op": "lt", "value": "10.01" }).to_string();
    let rich = ask(&ann, "customer", &[("where", money.as_str()), ("sort", "budget")]).await.expect(200);
    assert_eq!(rich["items"].as_array().map(Vec::len), Some(11));
}

async fn every_record_appears_once_while_paging(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    eleven(&ann).await;
    for sort in ["", "industry", "-industry,staff", "staff", "-staff", "-budget"] {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let question = [("limit", "3"), ("sort", sort), ("after", after.as_str())];
            let list = ask(&ann, "customer", &question).await.expect(200);
            seen.extend(names(&list));
            match list["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        seen.sort();
        assert_eq!(seen.concat(), "abcdefghijk", "sorted by `{sort}`");
    }
}

async fn absent_values_come_last_in_both_directions(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    eleven(&ann).await;

    let up = ask(&ann, "customer", &[("sort", "staff")]).await.expect(200);
    let down = ask(&ann, "customer", &[("sort", "-staff")]).await.expect(200);

    assert_eq!(names(&up).concat(), "abcdefghijk");
    assert_eq!(names(&down).concat(), "jihgfedcbak");
}

async fn counts_are_capped_exact_or_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let operations: Vec<Value> = (0..1005)
        .map(|number| json!({ "op": "create", "record": { "subject": number.to_string() } }))
        .collect();
    ann.post("/api/entities/visit/batch", &json!({ "operations": operations })).await.expect(200);

    let capped = ask(&ann, "visit", &[("limit", "1")]).await.expect(200);
    assert_eq!(capped["count"], json!({ "value": 1000, "kind": "capped" }));
    let exact = ask(&ann, "visit", &[("limit", "1"), ("count", "exact")]).await.expect(200);
    assert_eq!(exact["count"], json!({ "value": 1005, "kind": "exact" }));
    let none = ask(&ann, "visit", &[("limit", "500"), ("count", "none")]).await.expect(200);
    assert_eq!((&none["count"], none["items"].as_array().map(Vec::len)), (&Value::Null, Some(500)));
}

async fn relations_are_included_and_named(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let friend = ann.create("customer", &json!({ "name": "张三" })).await;
    let customer = ann.create("customer", &json!({ "name": "李四", "referrer": friend["id"] })).await;
    ann.create("order", &json!({ "customer": customer["id"] })).await;

    let list = ask(&ann, "order", &[("include", "customer.referrer")]).await.expect(200);

    let (one, two) = (customer["id"].as_str().expect("an id"), friend["id"].as_str().expect("an id"));
    assert_eq!(list["included"]["customer"][one]["name"], "李四", "{list:#}");
    assert_eq!(
        list["included"]["customer.referrer"][two]["name"], "张三",
        "the second hop under its path: {list:#}"
    );
    assert_eq!(list["titles"][one], "李四");
    let owner = customer["owner"].as_str().expect("an owner");
    assert_eq!(list["titles"][owner], "安", "people are named too");
}

async fn words_find_chinese_pinyin_and_digits(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    ann.create("customer", &json!({ "name": "春风茶铺", "phone": "139-1234-5678" })).await;
    ann.create("customer", &json!({ "name": "Acme Tea", "phone": "13800000000" })).await;
    for (words, found) in [
        ("春风", "春风茶铺"),
        ("chunfeng", "春风茶铺"),
        ("cfcp", "春风茶铺"),
        ("acme", "Acme Tea"),
        ("13912345678", "春风茶铺"),
    ] {
        let list = ask(&ann, "customer", &[("q", words)]).await.expect(200);
        assert_eq!(names(&list), [found], "looking for {words}");
    }
    let nothing = ask(&ann, "customer", &[("q", "秋月")]).await.expect(200);
    assert_eq!(nothing["items"], json!([]));
}

async fn a_cursor_belongs_to_its_question(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    eleven(&ann).await;
    let page = ask(&ann, "customer", &[("limit", "2"), ("sort", "name")]).await.expect(200);
    let next = page["next"].as_str().expect("there is more");

    ask(&ann, "customer", &[("limit", "2"), ("sort", "-name"), ("after", next)])
        .await
        .problem(400, "query.cursor");
    ask(&ann, "customer", &[("after", "bm9uc2Vuc2U")]).await.problem(400, "query.cursor");
}

async fn what_cannot_be_asked_is_told(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let leaf = json!({ "field": "name", "op": "eq", "value": "a" });
    let many = json!({ "any": vec![leaf; 201] }).to_string();
    for (question, status, code) in [
        (("sort", "name,code,staff,since,budget"), 422, "query.sort"),
        (("limit", "501"), 400, "query.limit"),
        (("where", "{"), 400, "query.parameter"),
        (("colour", "red"), 400, "query.parameter"),
        (("bin", "perhaps"), 400, "query.parameter"),
        (("include", "tags"), 422, "query.include"),
        (("where", r#"{"field": "colour", "op": "eq", "value": 1}"#), 422, "query.unknown_field"),
        (("where", r#"{"field": "staff", "op": "eq", "value": "many"}"#), 422, "query.condition"),
    ] {
        ask(&ann, "customer", &[question]).await.problem(status, code);
    }
    let list = format!("{CUSTOMERS}?limit=1&limit=2");
    ann.get(&list).await.problem(400, "query.repeated");
    let body = json!({ "where": serde_json::from_str::<Value>(&many).expect("JSON") });
    ann.post("/api/entities/customer/query", &body).await.problem(422, "query.too_many_leaves");
    ann.get("/api/entities/nothing/records").await.problem(404, "entity.not_found");
}

async fn the_same_question_may_stand_in_a_body(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    eleven(&ann).await;

    let body =
        json!({ "where": { "field": "staff", "op": "lt", "value": 2 }, "sort": ["-name"], "count": "exact" });
    let list = ann.post("/api/entities/customer/query", &body).await.expect(200);

    assert_eq!((names(&list).concat().as_str(), &list["count"]["value"]), ("ba", &json!(2)));
}

/// Ann, who besides her own customers sees everybody else's, without their budgets.
pub(super) async fn reader_of_all(server: &TestServer) -> Client {
    let role = json!({ "title": "查看", "entities": { "customer": {
        "read": true, "fields": { "*": "read", "budget": "hidden", "cost": "hidden" } } } });
    with_role(server, "reader", &role, &["clerk", "reader"]).await
}

/// Ann with these roles, of which one is new.
pub(super) async fn with_role(server: &TestServer, key: &str, role: &Value, roles: &[&str]) -> Client {
    let admin = server.sign_in("admin").await;
    let saved = admin.put(&format!("/api/draft/roles/{key}"), role.to_string()).await;
    assert_eq!(saved.body["diagnostics"], json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({ "note": key })).await.expect(201);
    let people = admin.get("/api/users").await.expect(200);
    let ann = people["items"].as_array().into_iter().flatten().find(|one| one["login"] == "ann").cloned();
    let ann = ann.expect("ann works here")["id"].as_str().expect("an id").to_owned();
    admin.patch(&format!("/api/users/{ann}"), &json!({ "roles": roles })).await.expect(200);
    server.sign_in("ann").await
}

async fn rights_add_up_row_by_row(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = reader_of_all(&server).await;
    let mia = server.sign_in("mia").await;
    let hers = ann.create("customer", &json!({ "name": "hers", "budget": "3.00" })).await;
    let rich = mia.create("customer", &json!({ "name": "rich", "budget": "9.00" })).await;
    mia.create("customer", &json!({ "name": "poor", "budget": "1.00" })).await;
    ann.create("order", &json!({ "customer": rich["id"] })).await;

    let list = ask(&ann, "customer", &[("sort", "budget,name")]).await.expect(200);
    assert_eq!(names(&list), ["hers", "poor", "rich"], "a budget that may not be read counts as absent");
    assert_eq!(
        names(&ask(&ann, "customer", &[("sort", "-budget,name")]).await.expect(200)),
        ["hers", "poor", "rich"]
    );
    assert_eq!(
        names(&ask(&mia, "customer", &[("sort", "-budget")]).await.expect(200)),
        ["rich", "hers", "poor"]
    );
    let seen: Vec<bool> =
        list["items"].as_array().into_iter().flatten().map(|item| item.get("budget").is_some()).collect();
    assert_eq!(seen, [true, false, false], "{list:#}");
    assert_eq!(ann.record("customer", &hers).await["budget"], "3.00");
    assert_eq!(ann.record("customer", &rich).await.get("budget"), None);
    let condition = json!({ "field": "budget", "op": "gt", "value": "0.50" }).to_string();
    assert_eq!(names(&ask(&ann, "customer", &[("where", condition.as_str())]).await.expect(200)), ["hers"]);

    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = [("limit", "1"), ("sort", "-budget"), ("after", after.as_str())];
        let list = ask(&ann, "customer", &page).await.expect(200);
        paged.extend(names(&list));
        match list["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    paged.sort();
    assert_eq!(paged, ["hers", "poor", "rich"], "every record appears once");

    let orders = ask(&ann, "order", &[("include", "customer")]).await.expect(200);
    let included = &orders["included"]["customer"][rich["id"].as_str().expect("an id")];
    assert_eq!((&included["name"], included.get("budget")), (&json!("rich"), None), "{orders:#}");
}

async fn a_scope_over_other_records_holds_everywhere(backend: Backend) {
    let server = TestServer::start(backend).await;
    let visited =
        json!({ "some": "visit.customer", "where": { "field": "subject", "op": "eq", "value": "open" } });
    let role = json!({ "title": "访客", "entities": {
        "customer": { "read": { "where": visited } },
        "visit": { "read": { "where": { "field": "customer.name", "op": "eq", "value": "met" } } } } });
    let ann = with_role(&server, "visitor", &role, &["visitor"]).await;
    let mia = server.sign_in("mia").await;
    let met = mia.create("customer", &json!({ "name": "met" })).await;
    let other = mia.create("customer", &json!({ "name": "other" })).await;
    let visit = mia.create("visit", &json!({ "subject": "open", "customer": met["id"] })).await;
    let shut = mia.create("visit", &json!({ "subject": "shut", "customer": other["id"] })).await;

    assert_eq!(names(&ask(&ann, "customer", &[]).await.expect(200)), ["met"]);
    assert_eq!(ann.record("customer", &met).await["name"], "met", "what a list shows can be read");
    ann.get(&path_of("customer", &other)).await.problem(404, "record.not_found");
    assert_eq!(ann.record("visit", &visit).await["subject"], "open");
    ann.get(&path_of("visit", &shut)).await.problem(404, "record.not_found");
}

async fn only_what_may_be_read_is_named(backend: Backend) {
    let server = TestServer::start(backend).await;
    let role =
        json!({ "title": "跟单", "entities": { "order": { "read": true }, "customer": { "read": "own" } } });
    let ann = with_role(&server, "follower", &role, &["follower"]).await;
    let mia = server.sign_in("mia").await;
    let secret = mia.create("customer", &json!({ "name": "secret" })).await;
    mia.create("order", &json!({ "customer": secret["id"] })).await;

    let seen = ask(&ann, "order", &[("include", "customer"), ("fields", "customer")]).await.expect(200);

    assert_eq!(seen["items"][0]["customer"], secret["id"], "{seen:#}");
    assert_eq!(seen["titles"].get(secret["id"].as_str().expect("an id")), None, "{seen:#}");
    assert_eq!(seen["included"]["customer"], json!({}), "{seen:#}");
}
