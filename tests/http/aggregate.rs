//! `POST /api/entities/{entity}/aggregate`: numbers by group, exact and the same on both databases.

use kezhi_tests::{Backend, Client, TestServer, on_both};
use serde_json::{Value, json};

on_both!(
    numbers_are_told_by_group,
    periods_are_those_of_the_workspaces_zone,
    groups_are_held_sorted_and_limited,
    what_cannot_be_measured_is_told,
    a_field_counts_as_absent_where_it_may_not_be_read,
    groups_lie_at_the_end_of_a_path,
);

const AGGREGATE: &str = "/api/entities/customer/aggregate";

async fn ask(client: &Client, question: Value) -> Value {
    client.post(AGGREGATE, &question).await.expect(200)["items"].clone()
}

async fn five(client: &Client) {
    for (name, industry, budget, staff, met_at, since) in [
        ("a", Some("retail"), Some("10.00"), Some(3), "2025-12-31T16:00:00Z", "2026-01-05"),
        ("b", Some("retail"), Some("20.01"), None, "2026-01-31T15:59:59.999Z", "2026-01-04"),
        ("c", Some("food"), Some("0.05"), Some(5), "2026-01-31T16:00:00Z", "2025-12-29"),
        ("d", Some("food"), None, Some(5), "2026-12-31T23:00:00Z", "2026-04-01"),
        ("e", None, Some("7.00"), None, "1969-12-31T15:59:59.500Z", "2026-12-31"),
    ] {
        let record = json!({
            "name": name, "industry": industry, "budget": budget, "staff": staff, "met_at": met_at, "since": since
        });
        client.create("customer", &record).await;
    }
}

async fn numbers_are_told_by_group(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    five(&ann).await;

    let measures = json!([
        { "count": "*" }, { "count": "staff" }, { "sum": "budget", "as": "total" }, { "avg": "budget" },
        { "min": "budget" }, { "max": "met_at" }, { "median": "budget" }, { "distinct": "staff" },
    ]);
    let items = ask(&ann, json!({ "group_by": ["industry"], "measures": measures })).await;

    let expected = json!([
        { "industry": "retail", "count": 2, "count_staff": 1, "total": "30.01", "avg_budget": "15.0050",
          "min_budget": "10.00", "max_met_at": "2026-01-31T15:59:59.999Z", "median_budget": "15.0050", "distinct_staff": 1 },
        { "industry": "food", "count": 2, "count_staff": 2, "total": "0.05", "avg_budget": "0.0500",
          "min_budget": "0.05", "max_met_at": "2026-12-31T23:00:00.000Z", "median_budget": "0.0500", "distinct_staff": 1 },
        { "industry": null, "count": 1, "count_staff": 0, "total": "7.00", "avg_budget": "7.0000",
          "min_budget": "7.00", "max_met_at": "1969-12-31T15:59:59.500Z", "median_budget": "7.0000", "distinct_staff": 0 },
    ]);
    assert_eq!(items, expected);

    let all =
        ask(&ann, json!({ "measures": [{ "sum": "budget" }, { "median": "budget" }, { "avg": "staff" }] }))
            .await;
    assert_eq!(all, json!([{ "sum_budget": "37.06", "median_budget": "8.5000", "avg_staff": "4.33" }]));
    let nothing = json!({ "measures": [{ "sum": "budget" }, { "avg": "budget" }, { "count": "*" }],
        "where": { "field": "name", "op": "eq", "value": "z" } });
    assert_eq!(ask(&ann, nothing).await, json!([{ "sum_budget": "0.00", "avg_budget": null, "count": 0 }]));
    assert_eq!(ask(&ann, json!({})).await, json!([{ "count": 5 }]));
}

async fn periods_are_those_of_the_workspaces_zone(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    five(&ann).await;
    for (field, by, expected) in [
        ("met_at", "year", json!([["1969", 1], ["2026", 3], ["2027", 1]])),
        ("met_at", "quarter", json!([["1969-Q4", 1], ["2026-Q1", 3], ["2027-Q1", 1]])),
        ("met_at", "month", json!([["1969-12", 1], ["2026-01", 2], ["2026-02", 1], ["2027-01", 1]])),
        (
            "met_at",
            "day",
            json!([
                ["1969-12-31", 1],
                ["2026-01-01", 1],
                ["2026-01-31", 1],
                ["2026-02-01", 1],
                ["2027-01-01", 1]
            ]),
        ),
        ("met_at", "week", json!([["1970-W01", 1], ["2026-W01", 1], ["2026-W05", 2], ["2026-W53", 1]])),
        ("since", "week", json!([["2026-W01", 2], ["2026-W02", 1], ["2026-W14", 1], ["2026-W53", 1]])),
        ("since", "quarter", json!([["2025-Q4", 1], ["2026-Q1", 2], ["2026-Q2", 1], ["2026-Q4", 1]])),
        ("since", "month", json!([["2025-12", 1], ["2026-01", 2], ["2026-04", 1], ["2026-12", 1]])),
    ] {
        let items =
            ask(&ann, json!({ "group_by": [{ "field": field, "by": by }], "measures": [{ "count": "*" }] }))
                .await;
        let told: Vec<Value> =
            items.as_array().into_iter().flatten().map(|item| json!([item[field], item["count"]])).collect();
        assert_eq!(json!(told), expected, "{field} by {by}");
    }
}

async fn groups_are_held_sorted_and_limited(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    five(&ann).await;
    let question = |more: Value| {
        let mut question = json!({ "group_by": ["industry"], "measures": [{ "sum": "budget", "as": "total" }, { "avg": "staff" }] });
        question.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        question
    };
    let names = |items: &Value| -> Vec<String> {
        items
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| item["industry"].to_string().replace('"', ""))
            .collect()
    };

    let by_total = ask(&ann, question(json!({ "sort": ["-total"] }))).await;
    assert_eq!(names(&by_total), ["retail", "null", "food"]);
    let by_group = ask(&ann, question(json!({ "sort": "-industry" }))).await;
    assert_eq!(names(&by_group), ["food", "retail", "null"], "absent groups come last in both directions");
    let absent_last = ask(&ann, question(json!({ "sort": ["-avg_staff"] }))).await;
    assert_eq!(names(&absent_last), ["food", "retail", "null"]);
    let held = ask(&ann, question(json!({ "having": { "all": [
        { "field": "total", "op": "gte", "value": "0.06" }, { "field": "avg_staff", "op": "lte", "value": "3.00" } ] } }))).await;
    assert_eq!(names(&held), ["retail"]);

    let first = ann.post(AGGREGATE, &question(json!({ "limit": 2 }))).await.expect(200);
    assert_eq!((names(&first["items"]).len(), &first["more"]), (2, &json!(true)));
    let whole = ann.post(AGGREGATE, &question(json!({ "limit": 3 }))).await.expect(200);
    assert_eq!(whole["more"], json!(false));
    let people = ann.post(AGGREGATE, &json!({ "group_by": ["owner", "value"] })).await.expect(200);
    let owner = people["items"][0]["owner"].as_str().expect("an owner");
    assert_eq!((&people["titles"][owner], &people["items"][0]["value"]), (&json!("安"), &json!("C")));
}

async fn what_cannot_be_measured_is_told(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    for (question, status, code) in [
        (json!({ "group_by": ["name", "staff", "since", "industry"] }), 422, "query.group"),
        (json!({ "group_by": [{ "field": "name", "by": "month" }] }), 422, "query.group"),
        (json!({ "group_by": [{ "field": "since", "by": "decade" }] }), 422, "query.group"),
        (json!({ "group_by": ["tags"] }), 422, "query.group"),
        (json!({ "group_by": ["colour"] }), 422, "query.unknown_field"),
        (json!({ "group_by": ["cost"] }), 422, "query.unknown_field"),
        (json!({ "measures": [{ "sum": "cost" }] }), 422, "query.unknown_field"),
        (json!({ "measures": [{ "sum": "name" }] }), 422, "query.measure"),
        (json!({ "measures": [{ "sum": "*" }] }), 422, "query.measure"),
        (json!({ "measures": [{ "mode": "staff" }] }), 422, "query.measure"),
        (json!({ "measures": [{ "sum": "staff", "avg": "staff" }] }), 422, "query.measure"),
        (json!({ "measures": [{ "sum": "staff", "as": "x; DROP TABLE r_customer" }] }), 422, "query.measure"),
        (
            json!({ "measures": [{ "sum": "staff", "as": "industry" }], "group_by": ["industry"] }),
            422,
            "query.name",
        ),
        (json!({ "measures": [{ "count": "*" }, { "count": "*" }] }), 422, "query.name"),
        (json!({ "sort": ["staff"] }), 422, "query.unknown_field"),
        (json!({ "having": { "field": "staff", "op": "gt", "value": 1 } }), 422, "query.having"),
        (json!({ "having": { "some": "order.customer" } }), 422, "query.having"),
        (json!({ "where": { "field": "cost", "op": "gt", "value": 1 } }), 422, "query.unknown_field"),
        (json!({ "limit": 0 }), 400, "query.limit"),
        (json!({ "limit": 10001 }), 400, "query.limit"),
    ] {
        let refused = ann.post(AGGREGATE, &question).await;
        assert_eq!(
            (refused.status, refused.body["code"].as_str()),
            (status, Some(code)),
            "{question}: {refused:?}"
        );
    }
    assert_eq!(ann.post(AGGREGATE, &json!({ "colour": "red" })).await.status, 400);
    ann.post("/api/entities/nothing/aggregate", &json!({})).await.problem(404, "entity.not_found");
}

async fn a_field_counts_as_absent_where_it_may_not_be_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = super::lists::reader_of_all(&server).await;
    let mia = server.sign_in("mia").await;
    ann.create("customer", &json!({ "name": "hers", "budget": "3.00", "industry": "food" })).await;
    mia.create("customer", &json!({ "name": "not hers", "budget": "5.00", "industry": "retail" })).await;

    let question = json!({ "measures": [{ "sum": "budget" }, { "count": "*" }, { "count": "budget" }] });
    assert_eq!(
        ask(&ann, question.clone()).await,
        json!([{ "sum_budget": "3.00", "count": 2, "count_budget": 1 }])
    );
    assert_eq!(ask(&mia, question).await, json!([{ "sum_budget": "8.00", "count": 2, "count_budget": 2 }]));
    let groups = ask(&ann, json!({ "group_by": ["budget"], "measures": [{ "count": "*" }] })).await;
    assert_eq!(groups, json!([{ "budget": "3.00", "count": 1 }, { "budget": null, "count": 1 }]));
}

async fn groups_lie_at_the_end_of_a_path(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let shop = ann.create("customer", &json!({ "name": "shop", "industry": "food" })).await;
    let none = ann.create("customer", &json!({ "name": "none" })).await;
    for (customer, price) in [(&shop, "1.10"), (&shop, "2.20"), (&none, "4.00")] {
        let lines = json!([{ "product": "tea", "quantity": 1, "price": price }]);
        ann.create("order", &json!({ "customer": customer["id"], "lines": lines })).await;
    }
    let question = json!({ "group_by": ["customer.industry"], "measures": [{ "sum": "amount" }] });
    let told = ann.post("/api/entities/order/aggregate", &question).await.expect(200);
    assert_eq!(
        told["items"],
        json!([{ "customer.industry": "food", "sum_amount": "3.30" }, { "customer.industry": null, "sum_amount": "4.00" }])
    );
    let question = json!({ "group_by": ["customer"], "measures": [{ "count": "*" }], "sort": ["-count"] });
    let told = ann.post("/api/entities/order/aggregate", &question).await.expect(200);
    let first = told["items"][0]["customer"].as_str().expect("a customer");
    assert_eq!((first, &told["titles"][first]), (shop["id"].as_str().expect("an id"), &json!("shop")));
}
