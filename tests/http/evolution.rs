//! Definitions that change what is stored: `POST /api/draft/plan`, `…/evolution/…`, publishing and restoring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kezhi_tests::client::path_of;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_kind_changes_and_what_does_not_fit_is_told_first,
    fields_are_renamed_split_and_dropped_and_come_back,
    search_and_uniqueness_follow_a_field_that_is_converted,
    what_a_tighter_limit_meets_is_listed,
    whoever_may_not_read_a_record_is_not_told_its_values,
    why_an_expression_fails_says_nothing_of_what_is_hidden,
    people_write_while_records_are_turned,
    a_long_publication_is_a_job_that_can_be_watched_and_stopped,
    an_entity_of_a_thousand_fields_works,
);

/// The customer as the draft has it, changed and saved again.
async fn edit(admin: &Client, change: impl FnOnce(&mut Value)) {
    let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
    change(&mut entity);
    let saved = admin.put("/api/draft/entities/customer", entity.to_string()).await.expect(200);
    assert_eq!(saved["diagnostics"], json!([]), "{saved:#}");
}

async fn publish(admin: &Client) -> Value {
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let steps: Vec<Value> =
        plan["destructive"].as_array().into_iter().flatten().map(|step| step["id"].clone()).collect();
    admin.post("/api/draft/publish", &json!({ "note": "", "confirm": steps })).await.expect(201)
}

async fn live(admin: &Client) -> Value {
    admin.get("/api/app").await.expect(200)["release"].clone()
}

async fn agrees(admin: &Client) {
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proved["differences"], 0, "{proved:#}");
}

fn to_integer(entity: &mut Value) {
    let field = &mut entity["properties"]["contract_no"];
    field["x-kind"] = json!("integer");
    field.as_object_mut().expect("a field").shift_remove("maxLength");
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn a_kind_changes_and_what_does_not_fit_is_told_first(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let first = live(&admin).await;
    let good = ann.create("customer", &json!({ "name": "甲", "contract_no": "1,200" })).await;
    let bad = ann.create("customer", &json!({ "name": "乙", "contract_no": "十二" })).await;
    let none = ann.create("customer", &json!({ "name": "丙" })).await;
    let moment = server_time(&ann, &none).await;

    edit(&admin, to_integer).await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let evolved = &plan["evolution"][0];
    let told = ["field", "change", "from", "to", "total", "converts", "refused", "complete"]
        .map(|key| &evolved[key]);
    let expected = [
        json!("contract_no"),
        json!("kind"),
        json!("text"),
        json!("integer"),
        json!(2),
        json!(1),
        json!(1),
        json!(true),
    ];
    assert_eq!(told, expected.each_ref(), "{plan:#}");
    assert_eq!(evolved["examples"][0]["title"], "乙", "{plan:#}");
    assert_eq!(plan["destructive"][0]["id"], "convert:customer.contract_no", "{plan:#}");
    let page = admin.get("/api/draft/evolution/customer/contract_no?limit=10").await.expect(200);
    assert_eq!(page["items"][0]["value"], "十二", "{page:#}");
    assert_eq!((page["items"].as_array().map(Vec::len), &page["next"]), (Some(1), &Value::Null), "{page:#}");
    admin.get("/api/draft/evolution/customer/nothing").await.problem(404, "file.not_found");
    ann.get("/api/draft/evolution/customer/contract_no").await.problem(403, "access.denied");

    let refused = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    refused.problem(409, "draft.needs_confirm");
    publish(&admin).await;

    let now = ann.record("customer", &good).await;
    assert_eq!(
        (&now["contract_no"], &now["version"]),
        (&json!(1200), &json!(2)),
        "the record reads otherwise: {now:#}"
    );
    assert!(ann.record("customer", &bad).await["contract_no"].is_null());
    assert_eq!(ann.record("customer", &none).await["version"], 1, "what did not change keeps its tag");
    let stale = ann.request(Method::PATCH, &path_of("customer", &good)).header("if-match", "\"1\"");
    assert_eq!(ann.send(stale.json(&json!({ "name": "x" }))).await.status, 412);
    let asked = json!({ "where": { "field": "contract_no", "op": "gt", "value": 1000 } });
    let found = ann.post("/api/entities/customer/query", &asked).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found:#}");
    let before = ann.get(&format!("{}?as_of={moment}", path_of("customer", &bad))).await.expect(200);
    assert_eq!(before["contract_no"], "十二", "an earlier moment shows what was there: {before:#}");
    agrees(&admin).await;

    ann.patch(&path_of("customer", &good), &json!({ "contract_no": 1300 })).await.expect(200);
    let dry =
        admin.post(&format!("/api/releases/{first}/restore"), &json!({ "dry_run": true })).await.expect(200);
    assert_eq!(
        (&dry["evolution"][0]["total"], &dry["evolution"][0]["refused"]),
        (&json!(2), &json!(0)),
        "{dry:#}"
    );
    admin.post(&format!("/api/releases/{first}/restore"), &json!({})).await.expect(201);
    assert_eq!(
        ann.record("customer", &good).await["contract_no"],
        "1300",
        "what was changed since is converted back"
    );
    assert_eq!(ann.record("customer", &bad).await["contract_no"], "十二", "what was refused comes back");
    agrees(&admin).await;
}

/// The moment at which a record was last changed, and nothing later was.
async fn server_time(client: &Client, record: &Value) -> String {
    let record = client.record("customer", record).await;
    record["updated_at"].as_str().expect("an instant").to_owned()
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn fields_are_renamed_split_and_dropped_and_come_back(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let first = live(&admin).await;
    let fields = json!({ "name": "甲", "website": "https://acme.example", "notes": "13-ABC", "met_at": "2026-03-01T08:00:00.000Z" });
    let one = ann.create("customer", &fields).await;
    let two = ann
        .create("customer", &json!({ "name": "乙", "website": "https://b.example", "notes": "14-X" }))
        .await;

    edit(&admin, |entity| {
        let fields = entity["properties"].as_object_mut().expect("fields");
        fields.shift_remove("met_at");
        fields.shift_remove("website");
        fields.insert(
            "homepage".into(),
            json!({ "title": "主页", "x-kind": "text", "x-search": true, "x-from": { "field": "website" } }),
        );
        fields.insert(
            "number".into(),
            json!({ "title": "号", "x-kind": "integer", "x-index": true, "x-from": { "expression": "left(notes, 2)" } }),
        );
        fields.insert("letters".into(), json!({ "title": "母", "x-kind": "text", "x-from": { "expression": "lower(notes)" } }));
    })
    .await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let told: Vec<(&Value, &Value)> = plan["evolution"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|evolved| (&evolved["field"], &evolved["change"]))
        .collect();
    let expected = [("homepage", "rename"), ("number", "from"), ("letters", "from"), ("met_at", "drop")]
        .map(|(field, change)| (json!(field), json!(change)));
    assert_eq!(told, expected.iter().map(|(field, change)| (field, change)).collect::<Vec<_>>(), "{plan:#}");
    publish(&admin).await;

    let now = ann.record("customer", &one).await;
    assert_eq!(
        [&now["homepage"], &now["number"], &now["letters"], &now["notes"]],
        [&json!("https://acme.example"), &json!(13), &json!("13-abc"), &json!("13-ABC")],
        "{now:#}"
    );
    assert!(now.get("met_at").is_none() && now.get("website").is_none(), "{now:#}");
    let found = ann.get("/api/entities/customer/records?q=acme").await.expect(200);
    assert_eq!(found["items"][0]["id"], one["id"], "{found:#}");
    agrees(&admin).await;
    // What has been published says nothing any more.
    edit(&admin, |entity| entity["properties"]["homepage"]["title"] = json!("网站")).await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    assert_eq!(plan["evolution"], json!([]), "{plan:#}");
    publish(&admin).await;

    let homepage = json!({ "homepage": "https://c.example" });
    ann.patch(&path_of("customer", &two), &homepage).await.expect(200);
    admin.post(&format!("/api/releases/{first}/restore"), &json!({})).await.expect(201);
    let back = ann.record("customer", &one).await;
    assert_eq!(
        (&back["website"], &back["met_at"]),
        (&json!("https://acme.example"), &json!("2026-03-01T08:00:00.000Z")),
        "{back:#}"
    );
    assert_eq!(ann.record("customer", &two).await["website"], "https://c.example");
    agrees(&admin).await;
}

async fn search_and_uniqueness_follow_a_field_that_is_converted(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let one = ann.create("customer", &json!({ "name": "甲", "phone": "138-0000-0001" })).await;
    ann.create("customer", &json!({ "name": "乙", "phone": "13800000002" })).await;
    let plain = |entity: &mut Value| entity["properties"]["phone"]["x-kind"] = json!("text");
    edit(&admin, plain).await;
    publish(&admin).await;
    let records = "/api/entities/customer/records";
    let found = ann.get(&format!("{records}?q=0001")).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found:#}");
    // A text is compared letter by letter, a phone by its digits.
    ann.create("customer", &json!({ "name": "丙", "phone": "13800000001" })).await;
    let taken = ann.post(records, &json!({ "name": "丁", "phone": "138-0000-0001" })).await;
    taken.violations(&["record.not_unique /phone"]);
    agrees(&admin).await;

    edit(&admin, |entity| entity["properties"]["phone"]["x-kind"] = json!("phone")).await;
    let refused = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    let refused = refused.problem(409, "draft.not_unique");
    assert_eq!(
        (&refused["standing"][0]["count"], &refused["standing"][0]["why"]),
        (&json!(2), &json!("unique")),
        "{refused:#}"
    );
    ann.patch(&path_of("customer", &one), &json!({ "phone": "13900000009" })).await.expect(200);
    publish(&admin).await;
    ann.post(records, &json!({ "name": "戊", "phone": "139 0000 0009" }))
        .await
        .violations(&["record.not_unique /phone"]);
    agrees(&admin).await;
}

async fn what_a_tighter_limit_meets_is_listed(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    for staff in [5, 50, 500] {
        ann.create("customer", &json!({ "name": format!("n{staff}"), "staff": staff })).await;
    }
    edit(&admin, |entity| entity["properties"]["staff"]["maximum"] = json!(40)).await;
    let plan = admin.post("/api/draft/plan", &json!({})).await.expect(200);
    let standing = &plan["standing"][0];
    assert_eq!((&standing["why"], &standing["count"]), (&json!("unfit"), &json!(2)), "{plan:#}");
    let path = "/api/draft/evolution/customer/staff?limit=1";
    let page = admin.get(path).await.expect(200);
    assert_eq!(page["items"][0]["value"], 50, "{page:#}");
    let next = page["next"].as_str().expect("there is more");
    let rest = admin.get(&format!("{path}&after={next}")).await.expect(200);
    assert_eq!(rest["items"][0]["value"], 500, "{rest:#}");
    admin.get(&format!("{path}&after=x")).await.problem(400, "query.cursor");
    let asked = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    assert_eq!(asked.problem(409, "draft.needs_confirm")["destructive"][0]["id"], "unfit:customer.staff");
    publish(&admin).await;
}

async fn whoever_may_not_read_a_record_is_not_told_its_values(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    ann.create("customer", &json!({ "name": "甲", "contract_no": "机密" })).await;
    let mut role = admin.get("/api/draft/roles/manager").await.expect(200);
    role["may"] = json!(["use_builder"]);
    role["entities"].as_object_mut().expect("rights").shift_remove("customer");
    admin.put("/api/draft/roles/manager", role.to_string()).await.expect(200);
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    edit(&admin, to_integer).await;
    let mia = server.sign_in("mia").await;
    let plan = mia.post("/api/draft/plan", &json!({})).await.expect(200);
    assert_eq!(
        (&plan["evolution"][0]["refused"], &plan["evolution"][0]["examples"]),
        (&json!(1), &json!([])),
        "{plan:#}"
    );
    let page = mia.get("/api/draft/evolution/customer/contract_no").await.expect(200);
    assert_eq!(page["items"], json!([]), "{page:#}");
}

async fn why_an_expression_fails_says_nothing_of_what_is_hidden(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    mia.create("customer", &json!({ "name": "甲", "contract_no": "机密" })).await;
    let mut role = admin.get("/api/draft/roles/manager").await.expect(200);
    role["may"] = json!(["use_builder"]);
    role["entities"]["customer"] = json!({ "read": true, "fields": { "contract_no": "hidden" } });
    admin.put("/api/draft/roles/manager", role.to_string()).await.expect(200);
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
    let label = json!({ "title": "标签", "x-kind": "choice", "enum": ["a", "b"], "x-from": { "expression": "contract_no" } });
    edit(&admin, |entity| entity["properties"]["label"] = label).await;

    let path = "/api/draft/evolution/customer/label";
    let page = admin.get(path).await.expect(200);
    assert!(page["items"][0]["reason"].to_string().contains("机密"), "{page:#}");
    let page = mia.get(path).await.expect(200);
    assert_eq!((page["items"].as_array().map(Vec::len), &page["items"][0]["value"]), (Some(1), &Value::Null));
    assert!(!page.to_string().contains("机密"), "{page:#}");
    let plan = mia.post("/api/draft/plan", &json!({})).await.expect(200);
    assert!(!plan.to_string().contains("机密"), "{plan:#}");
}

/// Records of customers, made in batches that no workflow hears of.
pub async fn customers(client: &Client, count: usize) {
    let numbers: Vec<usize> = (0..count).collect();
    for some in numbers.chunks(5_000) {
        let operations: Vec<Value> = some
            .iter()
            .map(|at| json!({ "op": "create", "record": { "name": format!("n{at}"), "contract_no": at.to_string() } }))
            .collect();
        let body = json!({ "operations": operations, "workflows": false });
        let made = client.post("/api/entities/customer/batch", &body).await.expect(200);
        assert_eq!(made["committed"], json!(some.len()), "{made:#}");
    }
}

/// What a writer was told: how many writes, and the last of them.
async fn write(client: Client, record: Value, stop: Arc<AtomicBool>) -> (usize, i64) {
    let path = path_of("customer", &record);
    for staff in 1.. {
        let answer = client.patch(&path, &json!({ "staff": staff })).await;
        assert_eq!(answer.status, 200, "no write fails: {answer:?}");
        let made =
            client.post("/api/entities/customer/records", &json!({ "name": format!("w{staff}") })).await;
        assert_eq!(made.status, 201, "{made:?}");
        if stop.load(Ordering::Relaxed) {
            return (staff as usize, staff);
        }
    }
    unreachable!("it is told to stop")
}

async fn people_write_while_records_are_turned(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    customers(&ann, 2_000).await;
    // On PostgreSQL some of them write through another server.
    let other = match backend {
        Backend::Postgres => Some(server.beside().await),
        Backend::Sqlite => None,
    };
    let elsewhere = match &other {
        Some(other) => other.sign_in("mia").await,
        None => ann.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for at in 0..4 {
        let record = ann.create("customer", &json!({ "name": format!("x{at}"), "contract_no": "7" })).await;
        let client = if at % 2 == 0 { ann.clone() } else { elsewhere.clone() };
        writers.push((record.clone(), tokio::spawn(write(client, record, stop.clone()))));
    }
    edit(&admin, to_integer).await;
    publish(&admin).await;
    edit(&admin, |entity| {
        entity["properties"]["contract_no"] = json!({ "title": "合同号", "x-kind": "money", "x-index": true })
    })
    .await;
    publish(&admin).await;
    stop.store(true, Ordering::Relaxed);
    let mut made = 0;
    for (record, writer) in writers {
        let (count, last) = writer.await.expect("a writer does not fail");
        made += count;
        let now = ann.record("customer", &record).await;
        assert_eq!((&now["staff"], &now["contract_no"]), (&json!(last), &json!("7.00")), "{now:#}");
    }
    let all = ann.get("/api/entities/customer/records?count=exact&limit=1").await.expect(200);
    assert_eq!(all["count"]["value"], json!(2_004 + made), "nothing is lost");
    agrees(&admin).await;
}

async fn a_long_publication_is_a_job_that_can_be_watched_and_stopped(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("mia").await);
    let one = ann.create("customer", &json!({ "name": "甲", "contract_no": "12" })).await;
    customers(&ann, 20_001).await;
    let first = live(&admin).await;
    edit(&admin, to_integer).await;
    let begin = async || {
        let answer = admin.post("/api/draft/publish", &json!({ "note": "整数" })).await;
        let place = answer.header("location").map(str::to_owned);
        let job = answer.expect(202)["job"].clone();
        assert_eq!(place, Some(format!("/api/jobs/{}", job["id"].as_str().unwrap_or_default())));
        job
    };
    let job = begin().await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(409, "draft.publishing");
    let stopped = admin.delete(&format!("/api/jobs/{}", job["id"].as_str().unwrap_or_default())).await;
    assert_eq!(stopped.expect(200)["state"], "cancelled");
    assert_eq!(live(&admin).await, first);

    let job = wait::until("the job that was stopped to let go", async || {
        let answer = admin.post("/api/draft/publish", &json!({ "note": "整数" })).await;
        (answer.status == 202).then_some(answer.body["job"].clone())
    })
    .await;
    let done = wait::job(&admin, &job).await;
    assert_eq!((&done["state"], &done["kind"]), (&json!("done"), &json!("publish")), "{done:#}");
    assert_eq!((&done["result"]["note"], &done["done"]), (&json!("整数"), &done["total"]), "{done:#}");
    assert_eq!(done["result"]["number"], live(&admin).await);
    assert_eq!(ann.record("customer", &one).await["contract_no"], 12);
    assert_eq!(admin.get("/api/draft").await.expect(200)["items"], json!([]));
    agrees(&admin).await;

    // A new column alone is filled by a job as well.
    edit(&admin, |entity| entity["properties"]["website"]["x-index"] = json!(true)).await;
    let job = admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(202)["job"].clone();
    let done = wait::job(&admin, &job).await;
    assert_eq!(done["state"], "done", "{done:#}");
    agrees(&admin).await;
}

async fn an_entity_of_a_thousand_fields_works(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let mut fields = serde_json::Map::new();
    for at in 0..1_000 {
        let mut field =
            json!({ "title": format!("字段 {at}"), "x-kind": if at % 2 == 0 { "text" } else { "integer" } });
        if at < 200 {
            field["x-index"] = json!(true);
        }
        fields.insert(format!("f{at}"), field);
    }
    let entity = json!({ "title": "宽表", "type": "object", "properties": fields });
    let mut wide = entity.clone();
    wide["properties"]["f200"]["x-index"] = json!(true);
    let saved = admin.put("/api/draft/entities/wide", wide.to_string()).await.expect(201);
    let codes: Vec<&Value> =
        saved["diagnostics"].as_array().into_iter().flatten().map(|found| &found["code"]).collect();
    assert_eq!(codes, [&json!("entity.too_many_columns")]);
    admin.put("/api/draft/entities/wide", entity.to_string()).await.expect(200);
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    let record = |number: i64| -> Value {
        let value =
            |at: usize| if at.is_multiple_of(2) { json!(format!("v{number}")) } else { json!(number) };
        Value::Object((0..1_000).map(|at| (format!("f{at}"), value(at))).collect())
    };
    let made = admin.create("wide", &record(1)).await;
    assert_eq!((&made["f0"], &made["f999"]), (&json!("v1"), &json!(1)));
    let operations: Vec<Value> =
        (2..=70).map(|number| json!({ "op": "create", "record": record(number) })).collect();
    let made = admin.post("/api/entities/wide/batch", &json!({ "operations": operations })).await.expect(200);
    assert_eq!(made["committed"], 69, "{made:#}");
    for field in ["f1", "f199", "f999"] {
        let asked = json!({ "where": { "field": field, "op": "gt", "value": 60 }, "sort": [format!("-{field}"), "f2"] });
        let found = admin.post("/api/entities/wide/query", &asked).await.expect(200);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(10), "{field}");
        assert_eq!(found["items"][0]["f998"], "v70", "{field}");
    }
    let export = admin.request(Method::GET, "/api/entities/wide/export").send().await.expect("an answer");
    let text = export.text().await.expect("the whole file");
    assert_eq!(text.lines().count(), 71);
    assert_eq!(text.lines().nth(1).map(|line| line.split(',').count()), Some(1_001));
    agrees(&admin).await;
}
