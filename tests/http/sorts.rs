//! The order of lists: what may be sorted by, in which order, and that paging visits every record exactly once.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

on_both!(
    a_list_is_sorted_by_what_lies_behind_a_relation,
    options_and_letters_go_by_their_definition,
    who_may_not_read_a_value_learns_nothing_from_the_order,
    a_view_may_sort_behind_a_relation_and_is_told_what_it_costs,
    every_record_is_met_once_however_it_is_sorted,
);

const ORDERS: &str = "/api/entities/order/query";

async fn sorted(client: &Client, entity: &str, sort: &[&str], shown: &str) -> Vec<Value> {
    let question = json!({ "sort": sort, "limit": 500, "count": "none" });
    let list = client.post(&format!("/api/entities/{entity}/query"), &question).await.expect(200);
    list["items"].as_array().into_iter().flatten().map(|item| item[shown].clone()).collect()
}

/// Four customers, two of which one refers; an order of each but the last, and one of nobody's who is there.
async fn shop(client: &Client) -> Vec<Value> {
    let mut made = Vec::new();
    for (name, industry, staff) in
        [("b", json!("food"), json!(2)), ("a", json!("retail"), json!(10)), ("c", Value::Null, Value::Null)]
    {
        made.push(
            client.create("customer", &json!({ "name": name, "industry": industry, "staff": staff })).await,
        );
    }
    let far = json!({ "name": "d", "industry": "cosmetics", "staff": 3, "referrer": made[1]["id"] });
    made.push(client.create("customer", &far).await);
    for (at, price) in [(0, "5.00"), (1, "1.00"), (2, "3.00"), (3, "2.00"), (0, "4.00")] {
        let lines = json!([{ "product": "p", "quantity": 1, "price": price }]);
        client.create("order", &json!({ "customer": made[at]["id"], "lines": lines })).await;
    }
    made
}

async fn a_list_is_sorted_by_what_lies_behind_a_relation(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let made = shop(&mia).await;
    let amounts = async |sort: &[&str]| -> String {
        let found = sorted(&mia, "order", sort, "amount").await;
        found.iter().map(|amount| amount.as_str().unwrap_or_default()[..1].to_owned()).collect()
    };

    assert_eq!(amounts(&["customer.name", "amount"]).await, "14532");
    assert_eq!(amounts(&["-customer.name", "amount"]).await, "23451");
    assert_eq!(amounts(&["customer.staff", "-amount"]).await, "54213", "an absent number comes last");
    assert_eq!(amounts(&["-customer.staff", "-amount"]).await, "12543", "in both directions");
    assert_eq!(amounts(&["customer.referrer.name", "-amount"]).await, "25431", "two relations away");
    assert_eq!(
        amounts(&["customer.spent", "customer.orders", "customer.value.score", "amount"]).await,
        "13245"
    );
    // A lookup of a choice: retail, food, cosmetics, none.
    assert_eq!(amounts(&["industry", "amount"]).await, "14523");
    assert_eq!(amounts(&["-industry", "amount"]).await, "24513");
    assert_eq!(amounts(&["-amount"]).await, "54321", "a computed field");

    // What names nobody comes last.
    let empty = mia.create("visit", &json!({ "subject": "x" })).await;
    let full = mia.create("visit", &json!({ "subject": "y", "customer": made[0]["id"] })).await;
    let visits = sorted(&mia, "visit", &["-customer.name"], "id").await;
    assert_eq!(visits, [full["id"].clone(), empty["id"].clone()]);
    let wrong = async |sort: &str| mia.post(ORDERS, &json!({ "sort": [sort] })).await;
    wrong("customer.tags").await.problem(422, "query.not_sortable");
    wrong("customer.nothing").await.problem(422, "query.unknown_field");
    wrong("lines.price").await.problem(422, "query.unknown_field");
    let many = mia.post("/api/entities/visit/query", &json!({ "sort": ["guests.name"] })).await;
    many.problem(422, "query.unknown_field");
    let five = json!({ "sort": ["amount", "status", "discount", "number", "customer.name"] });
    mia.post(ORDERS, &five).await.problem(422, "query.sort");
}

async fn options_and_letters_go_by_their_definition(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    shop(&mia).await;
    let industries = sorted(&mia, "customer", &["industry"], "industry").await;
    assert_eq!(json!(industries), json!(["retail", "food", "cosmetics", null]));
    let industries = sorted(&mia, "customer", &["-industry"], "industry").await;
    assert_eq!(json!(industries), json!(["cosmetics", "food", "retail", null]));
    let letters: Vec<Value> = sorted(&mia, "customer", &["value", "name"], "value")
        .await
        .iter()
        .map(|value| value["letter"].clone())
        .collect();
    let mut best_first = letters.clone();
    best_first.sort_by_key(|letter| letter.as_str().map(str::to_owned));
    assert_eq!(letters, best_first, "the bands from the best one down");
}

async fn who_may_not_read_a_value_learns_nothing_from_the_order(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let cheap = json!({ "where": { "field": "staff", "op": "lt", "value": 5 } });
    let role = json!({ "title": "half", "entities": {
        "order": { "read": true }, "customer": { "read": cheap, "fields": { "cost": "hidden" } } } });
    admin.put("/api/draft/roles/half", role.to_string()).await;
    let blind = json!({ "title": "blind", "entities": { "order": { "read": true, "fields": { "customer": "hidden" } }, "customer": { "read": true } } });
    admin.put("/api/draft/roles/blind", blind.to_string()).await;
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    for key in ["half", "blind"] {
        let person = json!({ "login": key, "name": key, "password": PASSWORD, "roles": [key] });
        admin.post("/api/users", &person).await.expect(201);
    }
    shop(&admin).await;
    let half = server.unknown().sign_in("half", PASSWORD).await;
    let blind = server.unknown().sign_in("blind", PASSWORD).await;

    // `a` has ten people and `c` has none, so both are not theirs to read: orders 1 and 3 come last, by their amounts.
    for (sort, expected) in [("customer.name", "45213"), ("-customer.name", "24513"), ("industry", "45213")] {
        let seen: Vec<Value> = sorted(&half, "order", &[sort, "amount"], "amount").await;
        let seen: String =
            seen.iter().map(|amount| amount.as_str().unwrap_or_default()[..1].to_owned()).collect();
        assert_eq!(seen, expected, "sorted by {sort}");
    }
    for sort in ["customer.cost", "-customer.cost"] {
        half.post(ORDERS, &json!({ "sort": [sort] })).await.problem(422, "query.unknown_field");
    }
    for sort in ["customer.name", "customer", "industry"] {
        blind.post(ORDERS, &json!({ "sort": [sort] })).await.problem(422, "query.unknown_field");
    }
}

async fn a_view_may_sort_behind_a_relation_and_is_told_what_it_costs(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let view = |body: Value| {
        let mut view = json!({ "title": "订单", "entity": "order", "type": "table", "columns": [{ "field": "number" }] });
        view.as_object_mut().expect("a view").extend(body.as_object().expect("more of it").clone());
        view.to_string()
    };
    let hints = async |body: Value| -> Vec<String> {
        let saved = admin.put("/api/draft/views/orders", view(body)).await;
        assert!(saved.status < 300, "{saved:?}");
        let found = saved.body["diagnostics"].as_array().into_iter().flatten();
        found
            .map(|one| format!("{} {} {}", one["severity"], one["code"], one["pointer"]).replace('"', ""))
            .collect()
    };
    assert_eq!(hints(json!({ "sort": ["customer.name"] })).await, ["info view.scan /sort/0"]);
    assert_eq!(hints(json!({ "sort": ["-status"] })).await, ["info view.scan /sort/0"]);
    let paid = json!({ "field": "status", "op": "eq", "value": "paid" });
    assert_eq!(hints(json!({ "sort": ["customer.name"], "where": paid })).await, Vec::<String>::new());
    let unlike = json!({ "field": "status", "op": "ne", "value": "paid" });
    assert_eq!(hints(json!({ "where": unlike })).await, ["info view.scan /where"]);
    assert_eq!(hints(json!({ "sort": ["-amount"], "where": unlike })).await, Vec::<String>::new());
    assert_eq!(hints(json!({ "sort": ["-amount"] })).await, Vec::<String>::new());
    assert_eq!(hints(json!({ "sort": ["customer.name"] })).await.len(), 1);
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    shop(&admin).await;
    let order = sorted(&admin, "order", &["customer.name", "amount"], "amount").await;
    assert_eq!(order[0], "1.00");
}

/// Pages of random sizes under random sorts of up to four keys, by people who see everything and by people who do not:
/// the pages together are the list, each record once.
#[allow(clippy::too_many_lines, reason = "one story")]
async fn every_record_is_met_once_however_it_is_sorted(backend: Backend) {
    let server = TestServer::start(backend).await;
    let seed = std::env::var("KEZHI_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| rand::rng().random());
    eprintln!("KEZHI_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mia, ann) = (server.sign_in("mia").await, server.sign_in("ann").await);
    for client in [&mia, &ann] {
        let mut customers: Vec<Value> = Vec::new();
        for number in 0..12 {
            let name = ["a", "b", "安", "é"].choose(&mut random);
            let mut record = json!({ "name": name });
            for (field, value) in [
                ("staff", json!(number % 3)),
                ("industry", json!("food")),
                ("met_at", json!("2026-01-01T00:00:00.000Z")),
            ] {
                if random.random_bool(0.6) {
                    record[field] = value;
                }
            }
            if let Some(referrer) = customers.choose(&mut random).filter(|_| number > 3) {
                record["referrer"] = referrer.clone();
            }
            customers.push(client.create("customer", &record).await["id"].clone());
        }
        let orders: Vec<Value> = (0..60)
            .map(|_| {
                let price = format!("{}.00", random.random_range(0..4));
                let lines = json!([{ "product": "p", "quantity": 1, "price": price }]);
                json!({ "op": "create", "record": { "customer": customers.choose(&mut random), "lines": lines } })
            })
            .collect();
        client.post("/api/entities/order/batch", &json!({ "operations": orders })).await.expect(200);
    }
    let keys = [
        "amount",
        "status",
        "discount",
        "customer.name",
        "customer.staff",
        "customer.industry",
        "industry",
        "customer.met_at",
        "customer.referrer.name",
        "customer.value",
        "customer.orders",
        "customer.newsletter",
        "owner",
        "created_at",
        "customer",
    ];
    for round in 0..24 {
        let sort: Vec<String> = keys
            .choose_multiple(&mut random, 1 + round % 4)
            .map(|key| if round % 3 == 0 { format!("-{key}") } else { (*key).to_owned() })
            .collect();
        let client = if round % 2 == 0 { &mia } else { &ann };
        let ids = |list: &Value| -> Vec<String> {
            list["items"].as_array().into_iter().flatten().map(|item| item["id"].to_string()).collect()
        };
        let whole =
            client.post(ORDERS, &json!({ "sort": sort, "limit": 500, "count": "exact" })).await.expect(200);
        let (mut met, mut after) = (Vec::new(), Value::Null);
        loop {
            let limit = random.random_range(1..30);
            let page = json!({ "sort": sort, "limit": limit, "after": after, "count": "none" });
            let page = client.post(ORDERS, &page).await.expect(200);
            met.extend(ids(&page));
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(met, ids(&whole), "KEZHI_TEST_SEED={seed}: {sort:?}");
        assert_eq!(whole["count"]["value"], json!(met.len()), "KEZHI_TEST_SEED={seed}: {sort:?}");
    }
}
