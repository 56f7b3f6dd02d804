//! `POST …/merge`, `GET …/merges` and `POST /api/merges/{merge}/undo`.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    one_record_takes_up_others_with_all_that_pointed_at_them,
    a_merge_is_undone_to_the_letter,
    what_was_changed_since_stands_against_an_undo,
    values_are_chosen_and_unique_ones_change_hands,
    a_trial_changes_nothing_and_tells_the_differences,
    who_may_not_merges_nothing,
    what_was_merged_says_into_what,
    a_record_in_approval_is_not_merged,
    a_related_record_that_would_be_refused_is_named,
    nothing_that_is_hidden_comes_to_light,
);

/// Customers of a company, orders of customers, campaigns that name many, contracts whose rows name some.
async fn shop(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let to = |entity: &str, on_delete: &str| json!({ "entity": entity, "on_delete": on_delete });
    let rollup = |entity: &str, via: &str, aggregate: &str, field: Option<&str>| {
        let mut rollup = json!({ "entity": entity, "via": via, "aggregate": aggregate });
        if let Some(field) = field {
            rollup["field"] = json!(field);
        }
        json!({ "title": via, "x-kind": "rollup", "x-rollup": rollup })
    };
    let firm = json!({ "title": "公司", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "people": rollup("buyer", "firm", "count", None),
    } });
    let buyer = json!({ "title": "买家", "x-owner": true, "x-title-field": "name", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "code": { "title": "编码", "x-kind": "serial", "x-serial": "B-{seq:4}" },
        "phone": { "title": "电话", "x-kind": "phone", "x-unique": true },
        "city": { "title": "城市", "x-kind": "text" },
        "pin": { "title": "密", "x-kind": "secret" },
        "firm": { "title": "公司", "x-kind": "relation", "x-relation": to("firm", "clear") },
        "friend": { "title": "朋友", "x-kind": "relation", "x-relation": to("buyer", "clear") },
        "orders": rollup("purchase", "buyer", "count", None),
        "spent": rollup("purchase", "buyer", "sum", Some("amount")),
        "campaigns": rollup("campaign", "buyers", "count", None),
    } });
    let purchase = json!({ "title": "采购", "x-title-field": "title", "properties": {
        "title": { "title": "标题", "x-kind": "text" },
        "amount": { "title": "金额", "x-kind": "money" },
        "buyer": { "title": "买家", "x-kind": "relation", "x-relation": to("buyer", "refuse") },
    } });
    let campaign = json!({ "title": "活动", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "buyers": { "title": "买家", "x-kind": "relations", "x-relation": to("buyer", "clear") },
    } });
    let contract = json!({ "title": "合同", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "parties": { "title": "各方", "x-kind": "table", "items": { "type": "object", "properties": {
            "buyer": { "title": "买家", "x-kind": "relation", "x-relation": to("buyer", "refuse") },
            "share": { "title": "份额", "x-kind": "integer" },
        } } },
    } });
    publish(
        &admin,
        &[
            ("firm", firm),
            ("buyer", buyer),
            ("purchase", purchase),
            ("campaign", campaign),
            ("contract", contract),
        ],
    )
    .await;
    admin
}

async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (key, file) in files {
        let path = if key.contains('/') {
            format!("/api/draft/{key}")
        } else {
            format!("/api/draft/entities/{key}")
        };
        let answer = admin.put(&path, file.to_string()).await;
        assert!(answer.status < 300, "{key}: {answer:?}");
    }
    let answer = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn merge(client: &Client, into: &Value, body: Value) -> kezhi_tests::Answer {
    client.post(&format!("{}/merge", path_of("buyer", into)), &body).await
}

async fn undo(client: &Client, merge: &Value) -> kezhi_tests::Answer {
    client.post(&format!("/api/merges/{}/undo", merge.as_str().unwrap_or_default()), &json!({})).await
}

async fn proved(admin: &Client) {
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!((&proved["differences"], &proved["items"]), (&json!(0), &json!([])), "{proved:#}");
}

/// Two buyers with what hangs on them, and others that point at them.
struct Scene {
    one: Value,
    two: Value,
    purchases: Vec<Value>,
    campaign: Value,
    contract: Value,
    third: Value,
    firm: Value,
}

async fn scene(admin: &Client) -> Scene {
    let firm = admin.create("firm", &json!({ "name": "甲公司" })).await;
    let one = admin.create("buyer", &json!({ "name": "张三", "phone": "13800000001", "pin": "1234" })).await;
    let two =
        json!({ "name": "张叁", "phone": "13800000002", "city": "北京", "firm": firm["id"], "pin": "5678" });
    let two = admin.create("buyer", &two).await;
    let third = admin.create("buyer", &json!({ "name": "李四", "friend": two["id"] })).await;
    let mut purchases = Vec::new();
    for (buyer, amount) in [(&one, "1.10"), (&two, "2.20"), (&two, "3.30")] {
        purchases.push(
            admin
                .create("purchase", &json!({ "title": amount, "amount": amount, "buyer": buyer["id"] }))
                .await,
        );
    }
    let campaign = admin
        .create("campaign", &json!({ "name": "春", "buyers": [two["id"], third["id"], one["id"]] }))
        .await;
    let rows = json!([{ "buyer": two["id"], "share": 60 }, { "buyer": third["id"], "share": 40 }]);
    let contract = admin.create("contract", &json!({ "name": "约", "parties": rows })).await;
    admin
        .post(&format!("{}/comments", path_of("buyer", &two)), &json!({ "text": "老客户" }))
        .await
        .expect(201);
    Scene { one, two, purchases, campaign, contract, third, firm }
}

async fn one_record_takes_up_others_with_all_that_pointed_at_them(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;

    let merged = merge(&admin, &s.one, json!({ "from": [s.two["id"]] })).await.expect(200);
    let moved = json!({ "buyer.friend": 1, "campaign.buyers": 1, "comments": 1, "contract.parties.buyer": 1, "purchase.buyer": 2 });
    assert_eq!(merged["moved"], moved, "{merged:#}");
    let record = &merged["record"];
    assert_eq!(
        (&record["id"], &record["name"], &record["city"]),
        (&s.one["id"], &json!("张三"), &json!("北京"))
    );
    assert_eq!((&record["phone"], &record["firm"]), (&json!("13800000001"), &s.firm["id"]));
    assert_eq!(
        (&record["orders"], &record["spent"], &record["campaigns"]),
        (&json!(3), &json!("6.60"), &json!(1))
    );
    assert_eq!(admin.record("buyer", &s.one).await, *record, "what was answered is what is stored");

    for purchase in &s.purchases {
        assert_eq!(admin.record("purchase", purchase).await["buyer"], s.one["id"]);
    }
    let buyers = &admin.record("campaign", &s.campaign).await["buyers"];
    assert_eq!(*buyers, json!([s.one["id"], s.third["id"]]), "named once");
    let parties = &admin.record("contract", &s.contract).await["parties"];
    assert_eq!((&parties[0]["buyer"], &parties[0]["share"]), (&s.one["id"], &json!(60)));
    assert_eq!(admin.record("buyer", &s.third).await["friend"], s.one["id"]);
    assert_eq!(
        admin.record("firm", &s.firm).await["people"],
        1,
        "the one that stayed has come to the firm, the other has left"
    );
    let comments = admin.get(&format!("{}/comments", path_of("buyer", &s.one))).await.expect(200);
    assert_eq!(comments["items"][0]["comment"], "老客户");
    for (entity, record) in [("buyer", &s.one), ("purchase", &s.purchases[1]), ("campaign", &s.campaign)] {
        let history = admin.get(&format!("{}/history", path_of(entity, record))).await.expect(200);
        assert!(
            history["items"].as_array().into_iter().flatten().any(|item| item["entrance"] == "merge"),
            "{history:#}"
        );
    }
    proved(&admin).await;
}

async fn a_merge_is_undone_to_the_letter(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;
    let of = [
        ("buyer", &s.one),
        ("buyer", &s.two),
        ("buyer", &s.third),
        ("campaign", &s.campaign),
        ("contract", &s.contract),
        ("purchase", &s.purchases[0]),
        ("purchase", &s.purchases[1]),
        ("purchase", &s.purchases[2]),
        ("firm", &s.firm),
    ];
    let all = async || {
        let mut all = Vec::new();
        for (entity, record) in of {
            let mut record = admin.record(entity, record).await;
            for key in ["version", "updated_at", "updated_by"] {
                record[key] = Value::Null;
            }
            all.push(record);
        }
        all
    };
    let before = all().await;
    let choose = json!({ "phone": s.two["id"], "name": s.two["id"], "pin": s.two["id"] });
    let merged = merge(&admin, &s.one, json!({ "from": [s.two["id"]], "choose": choose })).await.expect(200);
    assert_eq!(
        (&merged["record"]["phone"], &merged["record"]["name"]),
        (&json!("13800000002"), &json!("张叁"))
    );
    let path = format!("{}/reveal", path_of("buyer", &s.one));
    let pin = admin.post(&path, &json!({ "field": "pin", "reason": "a test" })).await.expect(200);
    assert!(pin.to_string().contains("5678"), "a secret is sealed anew for the record that stays: {pin:#}");
    let list = admin.get(&format!("{}/merges", path_of("buyer", &s.one))).await.expect(200);
    let item = &list["items"][0];
    assert_eq!((&item["id"], &item["undone"]), (&merged["merge"], &json!(false)), "{list:#}");
    assert_eq!(item["from"], json!([{ "id": s.two["id"], "title": "张叁" }]));

    let back = undo(&admin, &merged["merge"]).await.expect(200);
    assert_eq!(back["records"], json!([s.two["id"]]));
    assert_eq!(all().await, before);
    let comments = admin.get(&format!("{}/comments", path_of("buyer", &s.two))).await.expect(200);
    assert_eq!(comments["items"][0]["comment"], "老客户");
    undo(&admin, &merged["merge"]).await.problem(409, "merge.undone");
    let list = admin.get(&format!("{}/merges", path_of("buyer", &s.one))).await.expect(200);
    assert_eq!(list["items"][0]["undone"], true);
    proved(&admin).await;
    // And once more.
    merge(&admin, &s.two, json!({ "from": [s.one["id"], s.third["id"]] })).await.expect(200);
    proved(&admin).await;
}

async fn what_was_changed_since_stands_against_an_undo(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;
    let merged = merge(&admin, &s.one, json!({ "from": [s.two["id"]] })).await.expect(200);
    let later =
        admin.create("purchase", &json!({ "title": "later", "amount": "9", "buyer": s.one["id"] })).await;
    admin.patch(&path_of("purchase", &s.purchases[1]), &json!({ "buyer": s.third["id"] })).await.expect(200);
    admin.patch(&path_of("buyer", &s.one), &json!({ "city": "上海" })).await.expect(200);

    let problem = undo(&admin, &merged["merge"]).await.problem(409, "merge.changed_since");
    let against = problem["against"].as_array().cloned().unwrap_or_default();
    assert_eq!(against.len(), 2, "{problem:#}");
    assert!(
        against.contains(&json!({ "entity": "purchase", "record": s.purchases[1]["id"], "field": "buyer" })),
        "{problem:#}"
    );
    assert!(
        against.contains(&json!({ "entity": "buyer", "record": s.one["id"], "field": "city" })),
        "{problem:#}"
    );

    admin.patch(&path_of("purchase", &s.purchases[1]), &json!({ "buyer": s.one["id"] })).await.expect(200);
    admin.patch(&path_of("buyer", &s.one), &json!({ "city": "北京", "name": "张三丰" })).await.expect(200);
    undo(&admin, &merged["merge"]).await.expect(200);
    assert_eq!(admin.record("purchase", &later).await["buyer"], s.one["id"], "what came later stays");
    let one = admin.record("buyer", &s.one).await;
    assert_eq!((&one["name"], &one["city"], &one["orders"]), (&json!("张三丰"), &Value::Null, &json!(2)));
    proved(&admin).await;
}

async fn values_are_chosen_and_unique_ones_change_hands(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;
    let wrong =
        merge(&admin, &s.one, json!({ "from": [s.two["id"]], "choose": { "name": s.third["id"] } })).await;
    wrong.violations(&["merge.choose /choose/name"]);
    let wrong = merge(
        &admin,
        &s.one,
        json!({ "from": [s.two["id"]], "choose": { "code": s.two["id"], "x": s.two["id"] } }),
    )
    .await;
    wrong.violations(&["record.read_only /choose/code", "record.unknown_field /choose/x"]);
    for from in [json!([]), json!([s.one["id"]]), json!([s.two["id"], s.two["id"]])] {
        merge(&admin, &s.one, json!({ "from": from })).await.violations(&["merge.from /from"]);
    }
    let stale = merge(&admin, &s.one, json!({ "from": [s.two["id"]], "version": 9 })).await;
    stale.problem(412, "record.stale");
    let choose = json!({ "phone": s.two["id"], "city": s.one["id"] });
    let merged = merge(
        &admin,
        &s.one,
        json!({ "from": [s.two["id"], s.third["id"]], "choose": choose, "version": 1 }),
    )
    .await
    .expect(200);
    let record = &merged["record"];
    assert_eq!(
        (&record["phone"], &record["city"], &record["code"]),
        (&json!("13800000002"), &Value::Null, &s.one["code"])
    );
    assert_eq!(record["friend"], Value::Null, "nobody is a friend of themselves");
    let parties = &admin.record("contract", &s.contract).await["parties"];
    assert_eq!((&parties[0]["buyer"], &parties[1]["buyer"]), (&s.one["id"], &s.one["id"]));
    undo(&admin, &merged["merge"]).await.expect(200);
    assert_eq!(admin.record("buyer", &s.third).await["friend"], s.two["id"]);
    assert_eq!(admin.record("buyer", &s.two).await["phone"], "13800000002");
    proved(&admin).await;
}

async fn a_trial_changes_nothing_and_tells_the_differences(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;
    let trial = merge(&admin, &s.one, json!({ "from": [s.two["id"]], "dry_run": true })).await.expect(200);
    assert!(trial["merge"].is_null(), "{trial:#}");
    assert_eq!((&trial["record"]["city"], &trial["moved"]["purchase.buyer"]), (&json!("北京"), &json!(2)));
    let fields = trial["fields"].as_array().cloned().unwrap_or_default();
    let keys: Vec<&str> = fields.iter().filter_map(|field| field["field"].as_str()).collect();
    assert_eq!(keys, ["name", "phone", "city", "firm"], "{trial:#}");
    let (one, two) = (s.one["id"].as_str().unwrap_or_default(), s.two["id"].as_str().unwrap_or_default());
    assert_eq!(fields[0]["values"], json!({ one: "张三", two: "张叁" }));
    assert_eq!(admin.record("buyer", &s.one).await["version"], 1);
    assert_eq!(admin.record("buyer", &s.two).await["version"], 1);
    let merges = admin.get(&format!("{}/merges", path_of("buyer", &s.one))).await.expect(200);
    assert_eq!(merges["items"], json!([]));
    proved(&admin).await;
}

async fn who_may_not_merges_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let own = json!({ "title": "own", "entities": { "buyer": { "create": true, "read": "own", "update": "own", "merge": true } } });
    let none =
        json!({ "title": "none", "entities": { "buyer": { "create": true, "read": true, "update": true } } });
    publish(&admin, &[("roles/owner", own), ("roles/reader", none)]).await;
    for (login, role) in [("sue", "owner"), ("tom", "reader")] {
        let user = json!({ "login": login, "name": login, "password": PASSWORD, "roles": [role] });
        admin.post("/api/users", &user).await.expect(201);
    }
    let (sue, tom) = (server.sign_in("sue").await, server.sign_in("tom").await);
    let others = admin.create("buyer", &json!({ "name": "甲" })).await;
    let (one, two) = (
        sue.create("buyer", &json!({ "name": "乙" })).await,
        sue.create("buyer", &json!({ "name": "丙" })).await,
    );
    merge(&tom, &one, json!({ "from": [two["id"]] })).await.problem(403, "access.denied");
    merge(&sue, &one, json!({ "from": [others["id"]] })).await.problem(404, "record.not_found");
    merge(&sue, &others, json!({ "from": [one["id"]] })).await.problem(404, "record.not_found");
    let merged = merge(&sue, &one, json!({ "from": [two["id"]] })).await.expect(200);
    undo(&tom, &merged["merge"]).await.problem(403, "access.denied");
    tom.post("/api/merges/nonsense/undo", &json!({})).await.problem(404, "merge.not_found");
    let app = sue.get("/api/app").await.expect(200);
    assert_eq!(app["entities"]["buyer"]["actions"]["merge"], true);
    undo(&sue, &merged["merge"]).await.expect(200);

    let choice = json!({ "from": [others["id"]], "choose": { "owner": others["id"] } });
    let given = merge(&admin, &one, choice).await.expect(200);
    assert_eq!(given["record"]["owner"], others["owner"], "whose it is may be chosen: {given:#}");
    undo(&admin, &given["merge"]).await.expect(200);
    assert_eq!(admin.record("buyer", &one["id"]).await["owner"], one["owner"]);
}

async fn what_was_merged_says_into_what(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let own = json!({ "title": "own", "entities": { "buyer": { "create": true, "read": "own", "update": "own" } } });
    publish(&admin, &[("roles/owner", own)]).await;
    let user = json!({ "login": "sue", "name": "sue", "password": PASSWORD, "roles": ["owner"] });
    admin.post("/api/users", &user).await.expect(201);
    let sue = server.sign_in("sue").await;
    let s = scene(&admin).await;
    merge(&admin, &s.one, json!({ "from": [s.two["id"]] })).await.expect(200);
    merge(&admin, &s.third, json!({ "from": [s.one["id"]] })).await.expect(200);

    let gone = admin.get(&path_of("buyer", &s.two)).await.problem(404, "record.merged");
    assert_eq!(gone["merged_into"], s.third["id"], "the one that lives: {gone:#}");
    sue.get(&path_of("buyer", &s.two)).await.problem(404, "record.not_found");
    let bin = admin.get("/api/entities/buyer/records?bin=true&sort=name").await.expect(200);
    let into: Vec<&Value> =
        bin["items"].as_array().into_iter().flatten().map(|item| &item["merged_into"]).collect();
    assert_eq!(into, [&s.third["id"], &s.one["id"]], "{bin:#}");

    admin.post(&format!("{}/restore", path_of("buyer", &s.two)), &json!({})).await.expect(204);
    assert!(admin.record("buyer", &s.two).await["merged_into"].is_null());
    admin.delete(&path_of("buyer", &s.two)).await.expect(204);
    admin.get(&path_of("buyer", &s.two)).await.problem(404, "record.not_found");
    proved(&admin).await;
}

async fn a_record_in_approval_is_not_merged(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, admin) = (server.sign_in("mia").await, server.sign_in("admin").await);
    let one = mia.create("request", &json!({ "subject": "甲", "way": "any" })).await;
    let two = mia.create("request", &json!({ "subject": "乙", "way": "any" })).await;
    wait::run(&mia, "request_any", &one, "running").await;
    let path = format!("{}/merge", path_of("request", &two));
    admin.post(&path, &json!({ "from": [one["id"]] })).await.problem(409, "record.in_approval");
}

async fn a_related_record_that_would_be_refused_is_named(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let s = scene(&admin).await;
    let rule = json!({ "title": "封存", "entity": "purchase", "on": ["update"], "when": { "field": "title", "op": "eq", "value": "3.30" },
        "must": { "field": "amount", "op": "eq", "value": "0" }, "message": "不能改" });
    publish(&admin, &[("rules/sealed", rule)]).await;
    let refused = merge(&admin, &s.one, json!({ "from": [s.two["id"]] })).await.problem(409, "merge.related");
    assert_eq!(
        (&refused["entity"], &refused["record"]),
        (&json!("purchase"), &s.purchases[2]["id"]),
        "{refused:#}"
    );
    assert_eq!(refused["because"][0]["rule"], "sealed");
    assert_eq!(admin.record("purchase", &s.purchases[1]).await["buyer"], s.two["id"], "nothing was changed");
    let answer = admin.send(admin.request(Method::GET, &path_of("buyer", &s.two))).await;
    assert_eq!(answer.status, 200);
}

async fn nothing_that_is_hidden_comes_to_light(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    // Her own to the full, and of everybody else's all but the city.
    let own = json!({ "title": "own", "entities": { "buyer": { "create": true, "read": "own", "update": "own", "merge": "own" } } });
    let others = json!({ "title": "others", "entities": {
        "buyer": { "read": true, "update": true, "merge": true, "fields": { "city": "hidden", "friend": "hidden" } } } });
    publish(&admin, &[("roles/owner", own), ("roles/helper", others)]).await;
    let user = json!({ "login": "sue", "name": "sue", "password": PASSWORD, "roles": ["owner", "helper"] });
    admin.post("/api/users", &user).await.expect(201);
    let sue = server.sign_in("sue").await;
    let hers = sue.create("buyer", &json!({ "name": "甲" })).await;
    let other = admin.create("buyer", &json!({ "name": "乙", "city": "北京" })).await;
    let friend = admin.create("buyer", &json!({ "name": "丙", "friend": other["id"] })).await;

    let trial = merge(&sue, &hers, json!({ "from": [other["id"]], "dry_run": true })).await.expect(200);
    assert!(!trial.to_string().contains("北京"), "{trial:#}");
    let merged = merge(&sue, &hers, json!({ "from": [other["id"]] })).await.expect(200);
    assert!(!merged.to_string().contains("北京"), "{merged:#}");
    assert_eq!(merged["moved"], json!({}), "whose friend it was is not hers to know");
    assert_eq!(admin.record("buyer", &friend).await["friend"], hers["id"]);
    undo(&sue, &merged["merge"]).await.expect(200);

    // What is as hidden afterwards as before is kept.
    let empty = admin.create("buyer", &json!({ "name": "丁" })).await;
    merge(&sue, &empty, json!({ "from": [other["id"]] })).await.expect(200);
    assert_eq!(admin.record("buyer", &empty).await["city"], "北京");
}
