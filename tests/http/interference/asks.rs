//! What is asked of each route.

use kezhi_tests::image::PASSWORD;
use reqwest::Method;
use serde_json::{Value, json};

use super::{World, asks_of_people};

/// What is asked.
pub(in crate::http) struct Ask {
    pub method: Method,
    pub path: String,
    pub body: Body,
}

pub(in crate::http) enum Body {
    None,
    Json(Value),
    File(&'static str),
}

pub(super) fn ask(method: Method, path: impl Into<String>) -> Ask {
    Ask { method, path: path.into(), body: Body::None }
}

pub(super) fn send(method: Method, path: impl Into<String>, body: Value) -> Ask {
    Ask { method, path: path.into(), body: Body::Json(body) }
}

/// What is asked of a route that only reads: the path with what it names filled in, and what else can be asked there.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn read(route: &str, world: &World) -> Vec<Ask> {
    let get = |path: String| ask(Method::GET, path);
    let filled = |entity: &str, id: &str| {
        route
            .replace("{entity}", entity)
            .replace("{id}", id)
            .replace("{form}", "customer")
            .replace("{folder}", "entities")
            .replace("{file}", "customer")
            .replace("{field}", "cost")
            .replace("{number}", "1")
            .replace("{key}", "x")
    };
    let by_entity = |queries: &[String]| -> Vec<Ask> {
        let asked =
            |entity: &'static str| queries.iter().map(move |query| (entity, query)).collect::<Vec<_>>();
        ["customer", "order", "visit"]
            .into_iter()
            .flat_map(asked)
            .map(|(entity, query)| get(format!("{}{query}", filled(entity, ""))))
            .collect()
    };
    match route {
        "/api/entities/{entity}/records" => by_entity(&questions()),
        // Few, for exports are counted by the hour.
        "/api/entities/{entity}/export" => {
            let queries = [
                "?format=csv",
                "?format=json",
                "?format=csv&sort=cost",
                "?format=csv&sort=-budget",
                "?format=csv&fields=cost",
            ];
            let of_customers = queries.map(|query| get(format!("{}{query}", filled("customer", ""))));
            let of_orders =
                ["?format=csv", "?format=json"].map(|query| get(format!("{}{query}", filled("order", ""))));
            of_customers.into_iter().chain(of_orders).collect()
        }
        "/api/search" => ["Zebra", "Mule", "Alpha", "Quokka", "13911", "13800", "HT", "9871"]
            .map(|q| get(format!("/api/search?q={q}")))
            .into(),
        "/api/tasks" => ["todo", "overdue", "done", "started", "cc"]
            .map(|which| get(format!("/api/tasks?box={which}")))
            .into(),
        "/api/tasks/{id}" => vec![get(filled("", &world.task))],
        "/api/runs" => vec![
            get("/api/runs".into()),
            get(format!("/api/runs?record={}", world.foreign)),
            get(format!("/api/runs?record={}", world.own)),
        ],
        "/api/runs/{id}" => vec![get(filled("", &world.run))],
        "/api/users/{id}" => vec![get(filled("", &world.watcher))],
        route if route.starts_with("/api/entities/{entity}/records/{id}") => {
            let mut asks: Vec<Ask> =
                [("customer", &world.own), ("customer", &world.foreign), ("order", &world.order)]
                    .map(|(entity, id)| get(filled(entity, id)))
                    .into();
            if route.ends_with("{id}") {
                asks.push(get(format!("{}?as_of=2099-01-01T00:00:00Z", filled("customer", &world.own))));
            }
            if route.ends_with("/access") {
                asks.extend(
                    ["name", "cost", "contract_no"]
                        .map(|field| get(format!("{}?field={field}", filled("customer", &world.own)))),
                );
            }
            asks
        }
        route if route.contains("{id}") => {
            [&world.own, &world.foreign].map(|id| get(filled("customer", id))).into()
        }
        route if route.contains("{entity}") => {
            ["customer", "order"].map(|entity| get(filled(entity, ""))).into()
        }
        _ => vec![get(filled("", ""))],
    }
}

/// Questions to a list: everything that could tell a hidden value apart.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn questions() -> Vec<String> {
    let encoded =
        |value: &Value| value.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let mut questions: Vec<String> = [
        "?limit=500",
        "?count=exact",
        "?count=none&limit=1&sort=name",
        "?bin=true",
        "?sort=cost",
        "?sort=-budget",
        "?sort=contract_no",
        "?sort=-spent",
        "?sort=value",
        "?sort=name",
        "?sort=-phone",
        "?q=HT",
        "?q=Mule",
        "?q=Quokka",
        "?q=13800",
        "?fields=name",
        "?fields=cost",
        "?include=referrer",
        "?include=customer",
        "?sort=customer.cost",
        "?sort=customer.name",
        "?sort=referrer.name",
    ]
    .map(str::to_owned)
    .into();
    for field in [
        "cost",
        "budget",
        "contract_no",
        "spent",
        "orders",
        "per_order",
        "value.score",
        "discount",
        "amount",
        "name",
        "phone",
        "customer.cost",
        "customer.name",
        "referrer.cost",
        "referrer.phone",
        "staff",
    ] {
        for (op, value) in [
            ("gt", json!("50")),
            ("eq", json!("HT-9871")),
            ("empty", Value::Null),
            ("not_empty", Value::Null),
            ("contains", json!("9")),
        ] {
            let mut leaf = json!({ "field": field, "op": op });
            if !value.is_null() {
                leaf["value"] = value;
            }
            questions.push(format!("?count=exact&where={}", encoded(&leaf)));
        }
    }
    for many in [
        json!({ "some": "order.customer", "where": { "field": "status", "op": "eq", "value": "paid" } }),
        json!({ "count": "order.customer", "op": "gte", "value": 2 }),
        json!({ "every": "order.customer", "where": { "field": "amount", "op": "gt", "value": "50" } }),
        json!({ "count": "order.customer", "where": { "field": "discount", "op": "gt", "value": "1" }, "op": "gte", "value": 1 }),
        json!({ "not": { "field": "cost", "op": "gt", "value": "50" } }),
        json!({ "some": "customer.referrer", "where": { "field": "name", "op": "eq", "value": "Alpha" } }),
    ] {
        questions.push(format!("?count=exact&where={}", encoded(&many)));
    }
    questions
}

/// What is asked of a route that changes something, or takes its question in a body.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn written(method: &str, route: &str, world: &World) -> Option<Vec<Ask>> {
    let World { own, foreign, task, run, watcher, .. } = world;
    let post = |path: String, body: Value| send(Method::POST, path, body);
    let customer = |id: &str, rest: &str| format!("/api/entities/customer/records/{id}{rest}");
    let both = |rest: &str, body: Value| {
        vec![post(customer(own, rest), body.clone()), post(customer(foreign, rest), body)]
    };
    let nobody = "01980000-0000-7000-8000-0000000000ff";
    Some(match (method, route) {
        ("post", "/api/entities/{entity}/query") => vec![
            post("/api/entities/customer/query".into(), json!({ "sort": ["-cost"] })),
            post(
                "/api/entities/customer/query".into(),
                json!({ "where": { "field": "budget", "op": "gt", "value": "100" } }),
            ),
            post("/api/entities/customer/query".into(), json!({ "include": ["referrer"], "count": "exact" })),
        ],
        ("post", "/api/entities/{entity}/aggregate") => {
            let of = |body: Value| post("/api/entities/customer/aggregate".into(), body);
            let mut asks = vec![
                of(json!({})),
                of(json!({ "group_by": ["industry"] })),
                of(json!({ "group_by": ["referrer"] })),
            ];
            for field in
                ["cost", "budget", "contract_no", "spent", "orders", "value.score", "staff", "referrer.cost"]
            {
                asks.push(of(json!({ "group_by": [field] })));
                asks.extend(
                    ["sum", "avg", "min", "max", "median", "distinct", "count"]
                        .map(|of_what| of(json!({ "measures": [{ (of_what): field }] }))),
                );
            }
            for field in ["amount", "discount", "customer.cost", "customer.spent"] {
                asks.push(post(
                    "/api/entities/order/aggregate".into(),
                    json!({ "measures": [{ "sum": field }] }),
                ));
            }
            asks
        }
        ("post", "/api/entities/{entity}/duplicates") => ["13911110000", "13722223333", "13800002222"]
            .map(|phone| {
                post(
                    "/api/entities/customer/duplicates".into(),
                    json!({ "record": { "phone": phone, "cost": "11.00" } }),
                )
            })
            .into(),
        ("post", "/api/entities/{entity}/duplicates/report") => {
            vec![post("/api/entities/customer/duplicates/report".into(), json!({}))]
        }
        ("post", "/api/forms/{form}/evaluate") => vec![
            post("/api/forms/customer/evaluate".into(), json!({ "values": { "name": "a", "cost": "1" } })),
            post("/api/forms/customer/evaluate".into(), json!({ "record": own, "values": { "staff": 3 } })),
            post(
                "/api/forms/customer/evaluate".into(),
                json!({ "record": own, "values": { "cost": "50", "budget": null } }),
            ),
            post("/api/forms/customer/evaluate".into(), json!({ "record": foreign, "values": {} })),
        ],
        ("post", "/api/grades/{grade}/try") => {
            let grade = json!({ "title": "x", "entity": "customer", "field": "value", "bands": [{ "letter": "A", "at_least": 1 }, { "letter": "C", "at_least": 0 }],
                "method": { "table": [{ "when": { "field": "cost", "op": "gt", "value": "50" }, "points": 5, "reason": "r" }] } });
            vec![
                post("/api/grades/customer_value/try".into(), json!({ "record": own })),
                post("/api/grades/customer_value/try".into(), json!({ "record": own, "grade": grade })),
                post(
                    "/api/grades/customer_value/try".into(),
                    json!({ "values": { "referrer": foreign }, "grade": grade }),
                ),
            ]
        }
        ("post", "/api/draft/check" | "/api/draft/plan") => vec![post(route.into(), json!({}))],
        ("patch", "/api/entities/{entity}/records/{id}") => vec![
            send(Method::PATCH, customer(own, ""), json!({ "cost": "11.00" })),
            send(Method::PATCH, customer(own, ""), json!({ "contract_no": "HT-0001" })),
            send(Method::PATCH, customer(own, ""), json!({ "contract_no": "HT-9871" })),
            send(Method::PATCH, customer(foreign, ""), json!({ "name": "x" })),
            send(Method::PATCH, customer(own, ""), json!({ "referrer": foreign })),
            send(Method::PATCH, customer(own, ""), json!({ "notes": "b" })),
        ],
        ("delete", "/api/entities/{entity}/records/{id}") => {
            [own, foreign].map(|id| ask(Method::DELETE, customer(id, "?dry_run=true"))).into()
        }
        ("post", "/api/entities/{entity}/records/{id}/restore") => both("/restore", json!({})),
        ("post", "/api/entities/{entity}/records/{id}/reveal") => ["cost", "contract_no", "budget"]
            .map(|field| post(customer(own, "/reveal"), json!({ "field": field, "reason": "r" })))
            .into(),
        ("post", "/api/entities/{entity}/records/{id}/merge") => {
            vec![post(customer(own, "/merge"), json!({ "from": [foreign], "dry_run": true }))]
        }
        ("post", "/api/merges/{id}/undo") => vec![post(format!("/api/merges/{nobody}/undo"), json!({}))],
        ("post", "/api/entities/{entity}/records/{id}/undo") => {
            (1..40).map(|change| post(customer(own, "/undo"), json!({ "change": change }))).collect()
        }
        ("post", "/api/entities/{entity}/records/{id}/comments") => both("/comments", json!({ "text": "c" })),
        ("post", "/api/entities/{entity}/records/{id}/shares") => {
            both("/shares", json!({ "with": { "person": "ann" } }))
        }
        ("delete", "/api/entities/{entity}/records/{id}/shares/{share}") => {
            vec![ask(Method::DELETE, customer(own, &format!("/shares/{nobody}")))]
        }
        ("post", "/api/entities/{entity}/update") => ["cost", "budget", "contract_no", "staff"]
            .map(|field| {
                let condition = json!({ "field": field, "op": "not_empty" });
                post(
                    "/api/entities/customer/update".into(),
                    json!({ "where": condition, "record": { "notes": "n" }, "dry_run": true }),
                )
            })
            .into(),
        ("post", "/api/entities/{entity}/batch") => {
            let upsert =
                |phone: &str| json!({ "op": "upsert", "key": { "phone": phone }, "record": { "name": "n" } });
            let operations = json!([
                { "op": "update", "id": own, "record": { "cost": "11.00" } }, { "op": "update", "id": foreign, "record": { "name": "x" } },
                { "op": "delete", "id": foreign }, { "op": "upsert", "key": { "contract_no": "HT-0001" }, "record": { "name": "n" } },
                upsert("13800001111"), { "op": "create", "record": { "name": "n", "budget": "3.00" } } ]);
            vec![post(
                "/api/entities/customer/batch".into(),
                json!({ "operations": operations, "dry_run": true, "atomic": false }),
            )]
        }
        ("post", "/api/entities/{entity}/records") => vec![
            post("/api/entities/customer/records".into(), json!({ "name": "Fresh", "cost": "1" })),
            post("/api/entities/customer/records".into(), json!({ "name": "Fresh" })),
            post("/api/entities/order/records".into(), json!({ "customer": foreign })),
            post("/api/entities/order/records".into(), json!({ "customer": own })),
        ],
        ("post", "/api/forms/{form}/submissions") => vec![
            post(
                "/api/forms/customer/submissions".into(),
                json!({ "record": own, "values": { "notes": "s" } }),
            ),
            post(
                "/api/forms/customer/submissions".into(),
                json!({ "record": foreign, "values": { "notes": "s" } }),
            ),
        ],
        ("post", "/api/entities/{entity}/import") => vec![Ask {
            method: Method::POST,
            path: "/api/entities/customer/import".into(),
            body: Body::File("name,cost\nImported,5\n"),
        }],
        ("post", "/api/files") => {
            vec![Ask { method: Method::POST, path: "/api/files".into(), body: Body::File("plain text\n") }]
        }
        ("post", "/api/imports/{id}/undo") => vec![post(format!("/api/imports/{nobody}/undo"), json!({}))],
        ("post", "/api/batches/{id}/undo") => vec![post(format!("/api/batches/{nobody}/undo"), json!({}))],
        ("delete", "/api/jobs/{id}") => vec![ask(Method::DELETE, format!("/api/jobs/{nobody}"))],
        ("post", "/api/tasks/{id}/{action}") => vec![
            post(format!("/api/tasks/{task}/comment"), json!({ "comment": "c" })),
            post(
                format!("/api/tasks/{task}/complete"),
                json!({ "outcome": "reached", "fields": { "cost": "1" } }),
            ),
            post(format!("/api/tasks/{task}/complete"), json!({ "outcome": "reached" })),
        ],
        ("post", "/api/tasks/batch") => {
            vec![post(route.into(), json!({ "operations": [{ "task": nobody, "do": "complete" }] }))]
        }
        ("post", "/api/runs/{id}/{action}") => ["terminate"]
            .map(|action| post(format!("/api/runs/{run}/{action}"), json!({ "reason": "r" })))
            .into(),
        ("post", "/api/incidents/{id}/{action}") => {
            vec![post(format!("/api/incidents/{nobody}/retry"), json!({}))]
        }
        ("put", "/api/draft/{folder}/{file}") => vec![send(
            Method::PUT,
            "/api/draft/views/mine",
            json!({ "title": "我的", "entity": "customer", "type": "table", "columns": [{ "field": "name" }] }),
        )],
        ("delete", "/api/draft/{folder}/{file}") => vec![ask(Method::DELETE, "/api/draft/views/mine")],
        ("post", "/api/draft/discard") => vec![post(route.into(), json!({}))],
        ("post", "/api/draft/publish") => vec![post(route.into(), json!({}))],
        ("post", "/api/releases/{number}/restore") => {
            vec![post("/api/releases/1/restore".into(), json!({ "dry_run": true }))]
        }
        ("post", "/api/templates/{key}/install") => {
            vec![post("/api/templates/retail-membership/install".into(), json!({}))]
        }
        ("delete", "/api/sample") => vec![ask(Method::DELETE, route)],
        ("post", "/api/verify") => vec![post(route.into(), json!({}))],
        ("post", "/api/clock") => vec![post(route.into(), json!({ "advance": "nothing" }))],
        ("post", "/api/users" | "/api/departments") => {
            vec![post(route.into(), json!({ "login": "x", "key": "x", "title": "x" }))]
        }
        ("patch", "/api/users/{id}") => {
            vec![send(Method::PATCH, format!("/api/users/{watcher}"), json!({ "roles": ["admin"] }))]
        }
        ("patch", "/api/departments/{id}") => {
            vec![send(Method::PATCH, format!("/api/departments/{nobody}"), json!({ "title": "x" }))]
        }
        ("post", "/api/tokens") => vec![post(route.into(), json!({ "name": "x" }))],
        ("delete", "/api/tokens/{id}") => vec![ask(Method::DELETE, format!("/api/tokens/{nobody}"))],
        ("post", "/api/see-as") => vec![post(route.into(), json!({ "person": watcher, "reason": "r" }))],
        ("delete", "/api/see-as/{id}") => vec![ask(Method::DELETE, format!("/api/see-as/{nobody}"))],
        ("post", "/api/setup") => {
            vec![post(route.into(), json!({ "title": "x", "login": "x", "password": PASSWORD }))]
        }
        ("patch", "/api/me") => vec![send(Method::PATCH, "/api/me", json!({ "name": "吴二" }))],
        // Whoever they are before, they sign in as nobody; and go at the very end.
        ("post", "/api/session") => {
            vec![post(route.into(), json!({ "login": "nobody", "password": "wrong" }))]
        }
        ("delete", "/api/session") => vec![],
        _ => return asks_of_people::written(method, route, world),
    })
}
