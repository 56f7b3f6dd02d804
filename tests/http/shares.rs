//! Shares, why, building and tasks: what is opened beyond roles, to whom, and for how long.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    a_shared_record_is_there_on_every_path_and_gone_when_the_share_ends,
    a_share_for_writing_lets_change_and_gives_no_more_than_the_giver_has,
    a_share_reaches_roles_and_departments_and_those_below_them,
    a_rule_shares_what_fulfils_it,
    a_field_that_only_the_reader_s_role_shows_is_shown_on_shared_rows,
    why_names_what_allows_and_what_is_missing,
    who_builds_some_kinds_builds_no_others,
    nobody_publishes_more_rights_than_they_hold,
    an_open_task_shows_its_fields_to_whoever_it_is_for,
);

/// Publishes files of definitions.
pub(super) async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
}

pub(super) async fn hire(server: &TestServer, login: &str, person: Value) -> Client {
    let mut body = json!({ "login": login, "name": login, "password": PASSWORD });
    for (key, value) in person.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    server.sign_in("admin").await.post("/api/users", &body).await.expect(201);
    server.sign_in(login).await
}

/// `sharer` reads and changes what is theirs and may share it; `staff` sees no cost.
pub(super) async fn with_sharers(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let own = json!({ "create": true, "read": "own", "update": "own", "share": "own", "export": ["own", "shared_with_me"], "fields": { "cost": "hidden" } });
    let sharer = json!({ "title": "销售", "entities": { "customer": own, "order": { "create": true, "read": "own" } }, "menus": ["main"] });
    publish(&admin, &[("roles/sharer", sharer)]).await;
    admin
}

pub(super) async fn id_of(client: &Client) -> Value {
    client.get("/api/me").await.expect(200)["id"].clone()
}

/// How often the record stands in each answer that could hold it.
async fn found(client: &Client, name: &str) -> Vec<usize> {
    let paths = [
        "/api/entities/customer/records".to_owned(),
        format!(
            "/api/entities/customer/records?where={}",
            encoded(&json!({ "field": "name", "op": "eq", "value": name }))
        ),
        format!("/api/entities/customer/records?q={name}"),
        "/api/entities/customer/records?sort=-name&count=exact".to_owned(),
        format!("/api/search?q={name}"),
        "/api/entities/customer/export?format=json".to_owned(),
    ];
    let mut counts = Vec::new();
    for path in paths {
        let answer = client.get(&path).await.expect(200);
        counts.push(answer.to_string().matches(&format!("\"{name}\"")).count());
    }
    let numbers =
        client.post("/api/entities/customer/aggregate", &json!({ "group_by": ["name"] })).await.expect(200);
    counts
        .push(numbers["items"].as_array().into_iter().flatten().filter(|item| item["name"] == name).count());
    counts
}

fn encoded(value: &Value) -> String {
    value.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn a_shared_record_is_there_on_every_path_and_gone_when_the_share_ends(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let tom = hire(&server, "tom", json!({ "roles": ["sharer"] })).await;
    let record = sue.create("customer", &json!({ "name": "Zebra", "phone": "13800001111" })).await;
    let path = path_of("customer", &record);
    assert_eq!(found(&tom, "Zebra").await, [0; 7]);
    tom.get(&path).await.problem(404, "record.not_found");

    let share = json!({ "with": { "person": "tom" }, "until": "2099-01-01T00:00:00Z" });
    let made = sue.post(&format!("{path}/shares"), &share).await.expect(201);
    assert_eq!(
        (&made["with"]["name"], &made["access"], &made["ended"]),
        (&json!("tom"), &json!("read"), &json!(false))
    );
    assert_eq!(found(&tom, "Zebra").await, [1; 7]);
    assert_eq!(tom.get(&path).await.expect(200)["phone"], "13800001111");
    tom.get(&format!("{path}/timeline")).await.expect(200);
    tom.patch(&path, &json!({ "name": "Mule" })).await.problem(403, "access.denied");
    tom.get(&format!("{path}/shares")).await.problem(403, "access.denied");
    let seen = tom.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(seen["items"][0]["kind"], "shared", "{seen:#}");

    // It ends by itself, and the record is gone from everywhere.
    let soon = json!({ "with": { "person": id_of(&tom).await }, "until": "2030-01-01T00:00:00Z" });
    let again = sue.post(&format!("{path}/shares"), &soon).await.expect(201);
    assert_eq!(again["id"], made["id"], "the same share, changed");
    assert_eq!(
        sue.get(&format!("{path}/shares")).await.expect(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
    admin.post("/api/clock", &json!({ "advance": "5y" })).await.expect(200);
    assert_eq!(found(&tom, "Zebra").await, [0; 7]);
    tom.get(&path).await.problem(404, "record.not_found");
    let shares = sue.get(&format!("{path}/shares")).await.expect(200);
    assert_eq!(shares["items"][0]["ended"], true, "{shares:#}");

    let forever =
        sue.post(&format!("{path}/shares"), &json!({ "with": { "person": "tom" } })).await.expect(201);
    tom.get(&path).await.expect(200);
    let share_path = format!("{path}/shares/{}", forever["id"].as_str().unwrap_or_default());
    tom.delete(&share_path).await.problem(403, "access.denied");
    sue.delete(&share_path).await.expect(204);
    sue.delete(&share_path).await.problem(404, "share.not_found");
    tom.get(&path).await.problem(404, "record.not_found");
    let told = sue.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(told["items"][0]["kind"], "unshared", "{told:#}");
}

async fn a_share_for_writing_lets_change_and_gives_no_more_than_the_giver_has(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let reader = json!({ "title": "只读", "entities": { "customer": { "read": true, "share": true } } });
    publish(&admin, &[("roles/reader", reader)]).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let tom = hire(&server, "tom", json!({ "roles": ["sharer"] })).await;
    let rae = hire(&server, "rae", json!({ "roles": ["reader"] })).await;
    let record = sue.create("customer", &json!({ "name": "Zebra" })).await;
    let path = path_of("customer", &record);
    let shares = format!("{path}/shares");

    let write = json!({ "with": { "person": "tom" }, "access": "write" });
    rae.post(&shares, &write).await.problem(403, "access.denied");
    rae.post(&shares, &json!({ "with": { "person": "tom" } })).await.expect(201);
    tom.patch(&path, &json!({ "name": "Mule" })).await.problem(403, "access.denied");
    sue.post(&shares, &write).await.expect(201);
    assert_eq!(tom.patch(&path, &json!({ "name": "Mule" })).await.expect(200)["name"], "Mule");
    tom.patch(&path, &json!({ "cost": "1" })).await.violations(&["record.unknown_field /cost"]);
    tom.delete(&path).await.problem(403, "access.denied");
    tom.post(&shares, &json!({ "with": { "person": "ann" } })).await.problem(403, "access.denied");
    let bulk = json!({ "where": { "field": "name", "op": "eq", "value": "Mule" }, "record": { "staff": 7 } });
    assert_eq!(tom.post("/api/entities/customer/update", &bulk).await.expect(200)["committed"], 1);

    for (body, code, pointer) in [
        (json!({ "with": {} }), "share.with", "/with"),
        (json!({ "with": { "person": "tom", "role": "clerk" } }), "share.with", "/with"),
        (json!({ "with": { "person": "nobody" } }), "user.unknown_person", "/with/person"),
        (json!({ "with": { "role": "nothing" } }), "user.unknown_role", "/with/role"),
        (json!({ "with": { "team": "none" } }), "share.unknown_team", "/with/team"),
        (json!({ "with": { "person": "tom" }, "until": "2001-01-01T00:00:00Z" }), "share.until", "/until"),
    ] {
        sue.post(&shares, &body).await.violations(&[&format!("{code} {pointer}")]);
    }
}

async fn a_share_reaches_roles_and_departments_and_those_below_them(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    for (key, parent) in [("east", None), ("shanghai", Some("east")), ("west", None)] {
        admin
            .post("/api/departments", &json!({ "key": key, "title": key, "parent": parent }))
            .await
            .expect(201);
    }
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let east = hire(&server, "eva", json!({ "roles": ["sharer"], "department": "east" })).await;
    let below = hire(&server, "shen", json!({ "roles": ["sharer"], "department": "shanghai" })).await;
    let west = hire(&server, "will", json!({ "roles": ["sharer"], "department": "west" })).await;
    let record = sue.create("customer", &json!({ "name": "Zebra" })).await;
    let path = path_of("customer", &record);
    let seen = async || {
        let mut seen = Vec::new();
        for client in [&east, &below, &west] {
            seen.push(client.get(&path).await.status == 200);
        }
        seen
    };
    let share = async |with: Value| {
        let made = sue.post(&format!("{path}/shares"), &json!({ "with": with })).await.expect(201);
        format!("{path}/shares/{}", made["id"].as_str().unwrap_or_default())
    };
    assert_eq!(seen().await, [false, false, false]);
    let exact = share(json!({ "department": "east" })).await;
    assert_eq!(seen().await, [true, false, false]);
    let deep = share(json!({ "department": "east", "below": true })).await;
    assert_eq!(seen().await, [true, true, false]);
    sue.delete(&exact).await.expect(204);
    assert_eq!(seen().await, [true, true, false]);
    sue.delete(&deep).await.expect(204);
    assert_eq!(seen().await, [false, false, false]);
    share(json!({ "role": "sharer" })).await;
    assert_eq!(seen().await, [true, true, true]);
    server.sign_in("ann").await.get(&path).await.problem(404, "record.not_found");
}

async fn a_rule_shares_what_fulfils_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let tom = hire(&server, "tom", json!({ "roles": ["sharer"] })).await;
    let shop = sue.create("customer", &json!({ "name": "Zebra", "industry": "retail" })).await;
    let diner = sue.create("customer", &json!({ "name": "Mule", "industry": "food" })).await;
    sue.create("order", &json!({ "customer": diner["id"] })).await;
    assert_eq!(found(&tom, "Zebra").await, [0; 7]);

    let retail = json!({ "title": "零售客户", "entity": "customer", "access": "write", "with": [{ "person": "tom" }],
        "where": { "field": "industry", "op": "eq", "value": "retail" } });
    publish(&admin, &[("shares/retail", retail.clone())]).await;
    assert_eq!(found(&tom, "Zebra").await, [1; 7]);
    assert_eq!(found(&tom, "Mule").await, [0; 7]);
    tom.patch(&path_of("customer", &shop), &json!({ "staff": 3 })).await.expect(200);
    // What no longer fulfils it is no longer there.
    let left = tom.patch(&path_of("customer", &shop), &json!({ "industry": "food" })).await.expect(200);
    assert_eq!(left.as_object().map(serde_json::Map::len), Some(2), "{left:#}");
    tom.get(&path_of("customer", &shop)).await.problem(404, "record.not_found");

    // A condition that other records take part in.
    let busy = json!({ "title": "有订单的", "entity": "customer", "with": [{ "role": "sharer" }],
        "where": { "some": "order.customer", "where": { "field": "status", "op": "eq", "value": "draft" } } });
    publish(&admin, &[("shares/busy", busy)]).await;
    assert_eq!(found(&tom, "Mule").await, [1; 7]);
    tom.get(&path_of("customer", &diner)).await.expect(200);
    tom.patch(&path_of("customer", &diner), &json!({ "staff": 3 })).await.problem(403, "access.denied");

    let mut wrong = retail;
    wrong["with"] = json!([]);
    wrong["where"]["field"] = json!("nothing");
    let saved = admin.put("/api/draft/shares/retail", wrong.to_string()).await.expect(200);
    let codes: Vec<&str> = saved["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["code"].as_str())
        .collect();
    assert!(codes.contains(&"share.nobody") && codes.contains(&"condition.unknown_field"), "{saved:#}");
}

async fn a_field_that_only_the_reader_s_role_shows_is_shown_on_shared_rows(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let buyer = json!({ "title": "采购", "entities": { "customer": { "read": "shared_with_me", "fields": { "*": "hidden", "name": "read", "cost": "masked" } } } });
    publish(&admin, &[("roles/buyer", buyer)]).await;
    let boss = server.sign_in("mia").await;
    let kit = hire(&server, "kit", json!({ "roles": ["buyer"] })).await;
    let record =
        boss.create("customer", &json!({ "name": "Zebra", "cost": "12.50", "notes": "secret" })).await;
    boss.create("customer", &json!({ "name": "Other", "cost": "7.00" })).await;
    let path = path_of("customer", &record);
    assert_eq!(kit.get("/api/entities/customer/records").await.expect(200)["items"], json!([]));
    admin.post(&format!("{path}/shares"), &json!({ "with": { "role": "buyer" } })).await.expect(201);
    let seen = kit.get(&path).await.expect(200);
    assert_eq!(
        (&seen["name"], &seen["cost"], &seen["masked"]),
        (&json!("Zebra"), &json!("***"), &json!(["cost"]))
    );
    assert_eq!(seen.get("notes"), None, "{seen:#}");
    let list = kit.get("/api/entities/customer/records?count=exact").await.expect(200);
    assert_eq!(
        (list["count"]["value"].as_i64(), &list["items"][0]["cost"]),
        (Some(1), &json!("***")),
        "{list:#}"
    );
    let asked = encoded(&json!({ "field": "cost", "op": "gt", "value": "1" }));
    kit.get(&format!("/api/entities/customer/records?where={asked}"))
        .await
        .problem(422, "query.unknown_field");
}

async fn why_names_what_allows_and_what_is_missing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let sue = hire(&server, "sue", json!({ "roles": ["sharer"] })).await;
    let tom = hire(&server, "tom", json!({ "roles": ["sharer"] })).await;
    let record = sue.create("customer", &json!({ "name": "Zebra" })).await;
    let path = path_of("customer", &record);
    let asked = async |client: &Client, query: &str| client.get(&format!("{path}/access?{query}")).await;

    let own = asked(&sue, "action=update&field=cost").await;
    own.problem(422, "query.unknown_field");
    let own = asked(&sue, "action=update&field=name").await.expect(200);
    let item = &own["items"][0];
    assert_eq!(
        (&item["allowed"], &item["field"], &item["because"][0]["key"]),
        (&json!(true), &json!("write"), &json!("sharer"))
    );
    let person = format!("person={}", id_of(&tom).await.as_str().unwrap_or_default());
    asked(&sue, &person).await.problem(403, "access.denied");
    let told = asked(&admin, &format!("{person}&action=read")).await.expect(200);
    let item = &told["items"][0];
    assert_eq!((&item["allowed"], &item["because"][0]["allows"]), (&json!(false), &json!(false)), "{told:#}");
    assert_eq!(item["missing"], json!([{ "key": "manager", "title": "店长" }]), "{told:#}");

    sue.post(&format!("{path}/shares"), &json!({ "with": { "person": "tom" } })).await.expect(201);
    let told = asked(&admin, &person).await.expect(200);
    let allowed: Vec<&str> = told["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["allowed"] == true)
        .filter_map(|item| item["action"].as_str())
        .collect();
    assert_eq!(allowed, ["read", "export"], "{told:#}");
    let read = told["items"].as_array().into_iter().flatten().find(|item| item["action"] == "read");
    let share = read
        .and_then(|item| item["because"].as_array())
        .into_iter()
        .flatten()
        .find(|one| one["kind"] == "share");
    assert!(share.is_some_and(|share| share["allows"] == true), "{told:#}");
    asked(&tom, "action=fly").await.problem(422, "access.action");
    server.sign_in("ann").await.get(&format!("{path}/access")).await.problem(404, "record.not_found");
}

async fn who_builds_some_kinds_builds_no_others(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let typo = json!({ "title": "x", "may": ["build:entites"] });
    let saved = admin.put("/api/draft/roles/typo", typo.to_string()).await.expect(201);
    assert_eq!(saved["diagnostics"][0]["code"], "role.unknown_right", "{saved:#}");
    admin.delete("/api/draft/roles/typo").await.expect(204);
    let former = json!({ "title": "表单", "may": ["use_builder", "build:forms", "publish"] });
    let any = json!({ "title": "搭建", "may": ["use_builder", "publish"] });
    publish(&admin, &[("roles/former", former), ("roles/any", any)]).await;
    let fay = hire(&server, "fay", json!({ "roles": ["former"] })).await;
    let abe = hire(&server, "abe", json!({ "roles": ["any"] })).await;
    let form = admin.get("/api/draft/forms/customer").await.expect(200);
    let entity = admin.get("/api/draft/entities/visit").await.expect(200);
    let put = async |client: &Client, path: &str, file: &Value, title: &str| {
        let mut file = file.clone();
        file["title"] = json!(title);
        client.put(path, file.to_string()).await.status
    };
    assert_eq!(put(&fay, "/api/draft/forms/customer", &form, "a").await, 200);
    assert_eq!(put(&fay, "/api/draft/entities/visit", &entity, "a").await, 403);
    assert_eq!(put(&abe, "/api/draft/entities/visit", &entity, "b").await, 200);
    for path in ["roles/mine", "workflows/mine", "messages/mine", "shares/mine"] {
        assert_eq!(put(&abe, &format!("/api/draft/{path}"), &json!({}), "x").await, 403, "{path}");
    }
    // What somebody else has drafted is not published by whoever may not build it.
    fay.post("/api/draft/publish", &json!({})).await.problem(403, "access.denied");
    fay.post("/api/draft/publish", &json!({ "only": ["forms/customer.json"] })).await.expect(201);
    abe.post("/api/draft/publish", &json!({})).await.expect(201);
    let may = fay.get("/api/me").await.expect(200)["may"].clone();
    assert_eq!(may, json!(["use_builder", "publish", "build:forms"]));
    // Nor does an earlier release bring back roles for whoever may not build them.
    abe.post("/api/releases/1/restore", &json!({})).await.problem(403, "access.denied");
}

async fn nobody_publishes_more_rights_than_they_hold(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = with_sharers(&server).await;
    let roles = json!({ "title": "角色", "entities": { "customer": { "read": "own", "update": "own", "fields": { "cost": "hidden" } } },
        "may": ["use_builder", "build:roles", "build:shares", "publish"] });
    publish(&admin, &[("roles/maker", roles)]).await;
    let max = hire(&server, "max", json!({ "roles": ["maker"] })).await;
    let tried = async |path: &str, file: Value| {
        let saved = max.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300, "{saved:?}");
        let answer = max.post("/api/draft/publish", &json!({})).await;
        admin.post("/api/draft/discard", &json!({})).await;
        answer.status
    };
    let role = |rights: Value| json!({ "title": "x", "entities": { "customer": rights } });
    assert_eq!(tried("roles/one", role(json!({ "read": true }))).await, 403);
    assert_eq!(tried("roles/one", role(json!({ "read": "own", "delete": "own" }))).await, 403);
    assert_eq!(
        tried("roles/one", role(json!({ "read": "own" }))).await,
        403,
        "cost is shown by what is not said"
    );
    assert_eq!(tried("roles/one", role(json!({ "read": "own", "fields": { "cost": "hidden" } }))).await, 201);
    assert_eq!(tried("roles/one", json!({ "title": "x", "may": ["manage_users"] })).await, 403);
    assert_eq!(
        tried("roles/sharer", role(json!({ "read": "own", "fields": { "cost": "hidden" } }))).await,
        201,
        "less is no more"
    );
    let rule = json!({ "title": "x", "entity": "customer", "with": [{ "person": "max" }] });
    assert_eq!(tried("shares/one", rule).await, 403);
}

async fn an_open_task_shows_its_fields_to_whoever_it_is_for(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let blind = json!({ "title": "审批人", "entities": { "request": { "read": "own" } } });
    publish(&admin, &[("roles/blind", blind)]).await;
    let flow = json!({ "title": "盲批", "entity": "visit", "trigger": { "on": "record_created" }, "start": "ask",
        "settings": { "lock": false }, "nodes": {
            "ask": { "type": "task", "title": "看", "assignees": [{ "person": "kit" }], "on_empty": "to_admin",
                     "fields": { "subject": "read" }, "next": "end" },
            "end": { "type": "end", "outcome": "done" } } });
    publish(&admin, &[("workflows/look", flow)]).await;
    let kit = hire(&server, "kit", json!({ "roles": ["blind"] })).await;
    let mia = server.sign_in("mia").await;
    let visit = mia.create("visit", &json!({ "subject": "Zebra" })).await;
    let task = wait::task(&kit, "看").await;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or_default());
    kit.get(&path_of("visit", &visit)).await.problem(404, "entity.not_found");
    let open = kit.get(&path).await.expect(200);
    assert_eq!(open["values"]["subject"], "Zebra", "{open:#}");
    assert_eq!(
        admin.get(&path).await.expect(200)["values"],
        Value::Null,
        "it is not the administrator's task"
    );
    kit.post(&format!("{path}/complete"), &json!({})).await.expect(200);
    let closed = kit.get(&path).await.expect(200);
    assert_eq!((&closed["values"], &closed["record"]["title"]), (&Value::Null, &Value::Null), "{closed:#}");
}
