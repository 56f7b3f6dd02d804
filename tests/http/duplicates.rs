//! `x-duplicates`: what is told at every entrance, `POST …/duplicates`, and the report.

use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, files, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    a_rule_refuses_asks_or_warns_at_every_entrance,
    rows_of_one_file_and_of_one_batch_meet_each_other,
    names_are_found_by_sound_and_by_likeness,
    any_telephone_of_a_sub_table_counts,
    what_may_not_be_read_is_only_said_to_be_there,
    what_is_there_already_is_found_when_a_rule_comes_and_forgotten_when_it_goes,
    a_report_groups_what_its_starter_may_read,
    wrong_rules_are_found,
    two_at_the_same_time_are_not_both_stored,
    those_that_a_rule_is_not_about_hide_nobody,
    a_report_leaves_nobody_out_where_many_share_a_value,
    what_is_taken_back_asks_for_no_confirmation,
);

const PEOPLE: &str = "/api/entities/person/records";
const ASK: &str = "/api/entities/person/duplicates";

fn rules() -> Value {
    json!([
        { "key": "phone", "title": "电话相同", "all": [{ "field": "phone", "by": "normalised" }], "then": "refuse", "show": ["name", "owner"] },
        { "key": "mail", "title": "邮箱相同", "all": [{ "field": "mail", "by": "exact" }], "then": "confirm" },
        { "key": "company", "title": "公司相似", "all": [{ "field": "company", "by": "similar" }], "show": ["company"] },
        { "key": "name", "title": "同名同城", "all": [{ "field": "name", "by": "pinyin" }, { "field": "city", "by": "exact" }],
          "where": { "field": "status", "op": "ne", "value": "gone" } },
        { "key": "contacts", "title": "联系人电话相同", "all": [{ "field": "contacts.phone", "by": "normalised" }], "then": "warn" },
    ])
}

fn person(rules: &Value) -> Value {
    json!({ "title": "人", "x-owner": true, "x-title-field": "name", "x-duplicates": rules, "properties": {
        "name": { "title": "姓名", "x-kind": "text" },
        "phone": { "title": "电话", "x-kind": "phone" },
        "mail": { "title": "邮箱", "x-kind": "email" },
        "company": { "title": "公司", "x-kind": "text" },
        "city": { "title": "城市", "x-kind": "choice", "enum": ["bj", "sh"] },
        "status": { "title": "状态", "x-kind": "choice", "enum": ["here", "gone"] },
        "pin": { "title": "密", "x-kind": "secret" },
        "contacts": { "title": "联系人", "x-kind": "table", "items": { "type": "object", "properties": {
            "name": { "title": "姓名", "x-kind": "text" },
            "phone": { "title": "电话", "x-kind": "phone" },
        } } },
    } })
}

async fn publish(admin: &Client, files: &[(&str, &Value)]) {
    for (path, file) in files {
        let answer = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(answer.status < 300 && answer.body["diagnostics"] == json!([]), "{path}: {answer:?}");
    }
    let answer = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn company(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    publish(&admin, &[("entities/person", &person(&rules()))]).await;
    admin
}

async fn confirming(client: &Client, rule: &str, record: &Value) -> kezhi_tests::Answer {
    client.send(client.request(Method::POST, PEOPLE).header("X-Kezhi-Confirm", rule).json(record)).await
}

/// `rule@pointer` of what refused or warned.
fn said(violations: &Value) -> Vec<String> {
    let one = |found: &Value| {
        format!(
            "{} {} {}",
            found["code"].as_str().unwrap_or_default(),
            found["rule"].as_str().unwrap_or_default(),
            found["pointer"].as_str().unwrap_or_default()
        )
    };
    violations.as_array().into_iter().flatten().map(one).collect()
}

async fn proved(admin: &Client) {
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!((&proved["differences"], &proved["items"]), (&json!(0), &json!([])), "{proved:#}");
}

async fn a_rule_refuses_asks_or_warns_at_every_entrance(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    let first =
        admin.create("person", &json!({ "name": "张三", "phone": "138-0013-8000", "mail": "a@b.cn" })).await;
    assert!(first["warnings"].is_null(), "{first:#}");

    let refused = ["record.duplicate duplicates.phone /phone".to_owned()];
    let twin = json!({ "name": "李四", "phone": "+86 13800138000" });
    let problem = admin.post(PEOPLE, &twin).await.problem(422, "record.invalid");
    assert_eq!(said(&problem["violations"]), refused, "{problem:#}");
    let form = admin.post("/api/forms/person/submissions", &json!({ "values": twin })).await;
    assert_eq!(said(&form.problem(422, "record.invalid")["violations"]), refused);
    let batch = json!({ "operations": [{ "op": "create", "record": twin }], "atomic": false });
    let batch = admin.post("/api/entities/person/batch", &batch).await.expect(200);
    assert_eq!(said(&batch["results"][0]["violations"]), refused, "{batch:#}");
    let job = files::send(&admin, "person", "姓名,电话\n李四,13800138000\n", &json!({})).await.expect(202);
    let job = wait::job(&admin, &job).await;
    assert_eq!((&job["errors"], &job["result"]["created"]), (&json!(1), &json!(0)), "{job:#}");

    let mail = json!({ "name": "李四", "mail": "A@B.cn" });
    let problem = admin.post(PEOPLE, &mail).await.problem(422, "rule.confirm");
    assert_eq!(said(&problem["violations"]), ["rule.confirm duplicates.mail /mail"], "{problem:#}");
    let second = confirming(&admin, "duplicates.mail", &mail).await.expect(201);

    // A change of another field asks nothing; the same value again is no change; a record is no duplicate of itself.
    let path = format!("{PEOPLE}/{}", second["id"].as_str().unwrap_or_default());
    admin.patch(&path, &json!({ "name": "李四四" })).await.expect(200);
    admin.patch(&path, &json!({ "mail": "a@b.CN" })).await.problem(422, "rule.confirm");
    let problem =
        admin.patch(&path, &json!({ "phone": "008613800138000" })).await.problem(422, "record.invalid");
    assert_eq!(said(&problem["violations"]), refused);
    admin.patch(&path, &json!({ "phone": "13900139000" })).await.expect(200);
    admin.patch(&path, &json!({ "phone": "139 0013 9000" })).await.expect(200);

    // Who lies in the bin is nobody's duplicate.
    admin.delete(&format!("{PEOPLE}/{}", first["id"].as_str().unwrap_or_default())).await.expect(204);
    admin.post(PEOPLE, &twin).await.expect(201);
    proved(&admin).await;
}

async fn rows_of_one_file_and_of_one_batch_meet_each_other(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    let row = |name: &str, phone: &str| json!({ "op": "create", "record": { "name": name, "phone": phone } });
    let rows = json!({ "operations": [row("甲", "13800000001"), row("乙", "+8613800000001"), row("丙", "13800000002")], "atomic": false });
    let batch = admin.post("/api/entities/person/batch", &rows).await.expect(200);
    let states: Vec<&Value> =
        batch["results"].as_array().into_iter().flatten().map(|result| &result["status"]).collect();
    assert_eq!(states, [&json!(201), &json!(422), &json!(201)], "{batch:#}");

    let text = "姓名,电话,公司\n丁,13800000003,字节跳动\n戊,138 0000 0003,\n己,13800000004,北京字节跳动科技有限公司\n庚,13800000002,\n";
    let job = files::send(&admin, "person", text, &json!({})).await.expect(202);
    let job = wait::job(&admin, &job).await;
    assert_eq!((&job["result"]["created"], &job["errors"]), (&json!(2), &json!(2)), "{job:#}");
    let refused = job["result"]["refused"].as_array().cloned().unwrap_or_default();
    let rows: Vec<&Value> = refused.iter().map(|row| &row["row"]).collect();
    assert_eq!(rows, [&json!(3), &json!(5)], "{job:#}");
    proved(&admin).await;
}

async fn names_are_found_by_sound_and_by_likeness(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    admin
        .create("person", &json!({ "name": "张三", "city": "bj", "company": "北京字节跳动科技有限公司" }))
        .await;
    for n in 0..30 {
        admin
            .create("person", &json!({ "name": format!("人{n}"), "company": format!("第{n}贸易有限公司") }))
            .await;
    }
    let warned = async |record: Value| {
        let made = admin.create("person", &record).await;
        admin.delete(&format!("{PEOPLE}/{}", made["id"].as_str().unwrap_or_default())).await.expect(204);
        said(&made["warnings"])
    };
    assert_eq!(
        warned(json!({ "company": "字节跳动" })).await,
        ["record.duplicate duplicates.company /company"]
    );
    assert_eq!(warned(json!({ "company": "字节跳动科技（北京）有限公司" })).await.len(), 1);
    assert!(warned(json!({ "company": "阿里巴巴" })).await.is_empty());
    assert_eq!(
        warned(json!({ "name": "章叁", "city": "bj" })).await,
        ["record.duplicate duplicates.name /name"]
    );
    assert!(warned(json!({ "name": "章叁", "city": "sh" })).await.is_empty(), "all parts must agree");
    assert!(warned(json!({ "name": "章叁" })).await.is_empty(), "what is empty agrees with nothing");
    assert!(warned(json!({ "name": "章叁", "city": "bj", "status": "gone" })).await.is_empty());
    proved(&admin).await;
}

async fn any_telephone_of_a_sub_table_counts(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    let rows = json!([{ "name": "a", "phone": "13800000001" }, { "name": "b", "phone": "13800000002" }]);
    let first = admin.create("person", &json!({ "name": "甲", "contacts": rows })).await;
    let rows =
        json!([{ "name": "c", "phone": "13900000009" }, { "name": "d", "phone": "+86 138 0000 0002" }]);
    let second = admin.create("person", &json!({ "name": "乙", "contacts": rows })).await;
    assert_eq!(said(&second["warnings"]), ["record.duplicate duplicates.contacts /contacts"], "{second:#}");
    let asked = json!({ "record": { "contacts": rows }, "id": second["id"] });
    let found = admin.post(ASK, &asked).await.expect(200);
    assert_eq!(found["items"][0]["records"][0]["id"], first["id"], "{found:#}");
    proved(&admin).await;
}

async fn what_may_not_be_read_is_only_said_to_be_there(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let role = json!({ "title": "销售", "entities": { "person": { "create": true, "read": "own", "update": "own",
        "fields": { "mail": "hidden", "company": "masked" } } } });
    publish(&admin, &[("entities/person", &person(&rules())), ("roles/seller", &role)]).await;
    for login in ["sue", "tom"] {
        let user = json!({ "login": login, "name": login, "password": PASSWORD, "roles": ["seller"] });
        admin.post("/api/users", &user).await.expect(201);
    }
    let (sue, tom) = (server.sign_in("sue").await, server.sign_in("tom").await);
    let own = tom.create("person", &json!({ "name": "张三", "phone": "13800000001" })).await;
    let hers =
        json!({ "name": "李四", "phone": "13800000002", "mail": "x@y.cn", "company": "腾讯科技有限公司" });
    let hers = confirming(&admin, "", &hers).await.expect(201);

    let found = tom.post(ASK, &json!({ "record": { "phone": "13800000001" } })).await.expect(200);
    let item = &found["items"][0];
    assert_eq!(
        (&item["rule"], &item["then"], &item["hidden"]),
        (&json!("phone"), &json!("refuse"), &json!(false))
    );
    let record = &item["records"][0];
    assert_eq!(
        (&record["id"], &record["title"], &record["score"]),
        (&own["id"], &json!("张三"), &json!(1.0))
    );
    assert_eq!(record["fields"], json!({ "name": "张三", "owner": own["owner"] }));

    // Somebody else's is there, and nothing more is said of it.
    let found = tom.post(ASK, &json!({ "record": { "phone": "13800000002" } })).await.expect(200);
    assert_eq!(
        found["items"],
        json!([{ "rule": "phone", "title": "电话相同", "then": "refuse", "records": [], "hidden": true }])
    );
    assert!(!found.to_string().contains(hers["id"].as_str().unwrap_or("?")), "{found:#}");
    // A rule on what is hidden or masked does not answer at all.
    let probe = json!({ "record": { "mail": "x@y.cn", "company": "腾讯科技有限公司" } });
    assert_eq!(tom.post(ASK, &probe).await.expect(200)["items"], json!([]));
    let app = tom.get("/api/app").await.expect(200);
    let told = &app["entities"]["person"]["schema"]["x-duplicates"];
    assert!(told.to_string().contains("phone") && !told.to_string().contains("mail"), "{told:#}");

    sue.post(ASK, &json!({ "record": { "nonsense": 1 } }))
        .await
        .violations(&["record.unknown_field /nonsense"]);
    let mut answers = Vec::new();
    for _ in 0..40 {
        answers.push(sue.post(ASK, &json!({ "record": { "phone": "13800000002" } })).await.status);
    }
    assert_eq!((answers[0], answers[39]), (200, 429), "who looks too often waits");
    assert_eq!(tom.post(ASK, &json!({ "record": { "phone": "1" } })).await.status, 200, "and nobody else");
}

async fn what_is_there_already_is_found_when_a_rule_comes_and_forgotten_when_it_goes(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin, &[("entities/person", &person(&json!([])))]).await;
    let rows: Vec<Value> = (0..700)
        .map(|n| json!({ "op": "create", "record": { "name": "张三", "phone": format!("1380000{n:04}"), "company": "x" } }))
        .collect();
    admin.post("/api/entities/person/batch", &json!({ "operations": rows })).await.expect(200);
    let ask = json!({ "record": { "phone": "+8613800000690" } });
    assert_eq!(admin.post(ASK, &ask).await.expect(200)["items"], json!([]));

    publish(&admin, &[("entities/person", &person(&rules()))]).await;
    let found = admin.post(ASK, &ask).await.expect(200);
    assert_eq!(found["items"][0]["records"].as_array().map(Vec::len), Some(1), "{found:#}");
    proved(&admin).await;

    // One rule goes, another compares otherwise, and then all of it comes back.
    let less = json!([{ "key": "phone", "title": "电话", "all": [{ "field": "phone", "by": "exact" }] }]);
    publish(&admin, &[("entities/person", &person(&less))]).await;
    assert_eq!(admin.post(ASK, &ask).await.expect(200)["items"], json!([]));
    admin
        .create(
            "person",
            &json!({ "name": "李四", "phone": "13911111111", "company": "百度在线网络技术有限公司" }),
        )
        .await;
    proved(&admin).await;
    publish(&admin, &[("entities/person", &person(&rules()))]).await;
    let ask = json!({ "record": { "company": "百度在线网络技术" } });
    let found = admin.post(ASK, &ask).await.expect(200);
    assert_eq!(found["items"][0]["rule"], "company", "{found:#}");
    proved(&admin).await;
}

async fn a_report_groups_what_its_starter_may_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let warn: Vec<Value> = rules()
        .as_array()
        .into_iter()
        .flatten()
        .map(|rule| {
            let mut rule = rule.clone();
            rule["then"] = json!("warn");
            rule
        })
        .collect();
    let role = json!({ "title": "销售", "entities": { "person": { "create": true, "read": "own", "update": "own" } } });
    publish(&admin, &[("entities/person", &person(&json!(warn))), ("roles/seller", &role)]).await;
    let user = json!({ "login": "tom", "name": "tom", "password": PASSWORD, "roles": ["seller"] });
    admin.post("/api/users", &user).await.expect(201);
    let tom = server.sign_in("tom").await;
    for phone in ["13800000001", "+8613800000001", "138-0000-0001", "13800000002"] {
        admin.create("person", &json!({ "name": "甲", "phone": phone })).await;
    }
    for company in ["字节跳动", "北京字节跳动科技有限公司", "阿里巴巴"] {
        tom.create("person", &json!({ "name": "乙", "company": company, "phone": "13800000001" })).await;
    }
    let report = async |client: &Client, body: Value| {
        let job = client.post("/api/entities/person/duplicates/report", &body).await.expect(202);
        assert_eq!(job["kind"], "duplicates");
        let job = wait::job(client, &job).await;
        assert_eq!(job["state"], "done", "{job:#}");
        let path = format!("/api/jobs/{}/groups", job["id"].as_str().unwrap_or_default());
        (client.get(&path).await.expect(200), job)
    };
    let sizes = |groups: &Value| -> Vec<(String, usize)> {
        let one = |group: &Value| {
            let records = group["records"].as_array().map_or(0, Vec::len);
            (group["rule"].as_str().unwrap_or_default().to_owned(), records)
        };
        groups["items"].as_array().into_iter().flatten().map(one).collect()
    };
    let (groups, job) = report(&admin, json!({})).await;
    assert_eq!(sizes(&groups), [("phone".to_owned(), 6), ("company".to_owned(), 2)], "{groups:#}");
    assert_eq!((&job["result"]["groups"], &job["result"]["records"]), (&json!(2), &json!(8)), "{job:#}");
    let path = format!("/api/jobs/{}/groups", job["id"].as_str().unwrap_or_default());
    let page = admin.get(&format!("{path}?limit=1")).await.expect(200);
    let rest = admin.get(&format!("{path}?limit=1&after={}", page["next"])).await.expect(200);
    assert_eq!((sizes(&page).len(), sizes(&rest)), (1, vec![("company".to_owned(), 2)]), "{page:#}");
    tom.get(&path).await.problem(404, "job.not_found");

    let (groups, _) = report(&tom, json!({ "rules": ["phone"] })).await;
    assert_eq!(sizes(&groups), [("phone".to_owned(), 3)], "one's own alone: {groups:#}");
    let wrong = json!({ "rules": ["nothing"] });
    let wrong =
        tom.post("/api/entities/person/duplicates/report", &wrong).await.problem(422, "record.invalid");
    assert_eq!(wrong["violations"][0]["code"], "duplicates.rule");
}

async fn wrong_rules_are_found(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let part = |field: &str, by: &str| json!({ "key": format!("k{}", field.replace('.', "_")), "title": "t", "all": [{ "field": field, "by": by }] });
    let mut wrong = vec![
        part("nobody", "exact"),
        part("pin", "exact"),
        part("phone", "similar"),
        part("contacts.nobody", "exact"),
    ];
    wrong.push(json!({ "key": "none", "title": "t", "all": [] }));
    wrong.push(json!({ "key": "none", "title": "t", "all": [{ "field": "name", "by": "similar", "at_least": 0.1 }] }));
    wrong.push(json!({ "key": "w", "title": "t", "all": [{ "field": "name", "by": "exact" }],
        "where": { "field": "owner", "op": "eq", "value": { "ref": "caller.id" } }, "show": ["nothing"] }));
    let saved = admin.put("/api/draft/entities/person", person(&json!(wrong)).to_string()).await;
    let found: Vec<String> = saved.body["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|found| found["code"].as_str().unwrap_or_default().to_owned())
        .collect();
    for code in [
        "reference.unknown_field",
        "duplicates.field",
        "duplicates.parts",
        "duplicates.at_least",
        "duplicates.twice",
        "duplicates.where",
    ] {
        assert!(found.iter().any(|found| found == code), "{code} is among {found:?}: {saved:?}");
    }
    let many: Vec<Value> = (0..11)
        .map(|n| json!({ "key": format!("k{n}"), "title": "t", "all": [{ "field": "name", "by": "exact" }] }))
        .collect();
    let saved = admin.put("/api/draft/entities/person", person(&json!(many)).to_string()).await;
    assert_eq!(saved.body["diagnostics"][0]["code"], "duplicates.too_many", "{saved:?}");
}

async fn two_at_the_same_time_are_not_both_stored(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    for n in 0..10 {
        let record = json!({ "name": "甲", "phone": format!("1390000{n:04}") });
        let asked = (0..4).map(|_| admin.post(PEOPLE, &record));
        let answers = futures_util::future::join_all(asked).await;
        let stored = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(stored, 1, "{answers:?}");
    }
    proved(&admin).await;
}

async fn those_that_a_rule_is_not_about_hide_nobody(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let rule = json!([{ "key": "phone", "title": "电话相同", "all": [{ "field": "phone", "by": "normalised" }], "then": "refuse",
        "where": { "field": "status", "op": "ne", "value": "gone" } }]);
    publish(&admin, &[("entities/person", &person(&rule))]).await;
    let record = json!({ "name": "甲", "phone": "13800000001" });
    admin.create("person", &record).await;
    let gone =
        json!({ "op": "create", "record": { "name": "乙", "phone": "13800000001", "status": "gone" } });
    let batch = json!({ "operations": vec![gone; 60] });
    admin.post("/api/entities/person/batch", &batch).await.expect(200);

    admin.post(PEOPLE, &record).await.violations(&["record.duplicate /phone"]);
}

async fn a_report_leaves_nobody_out_where_many_share_a_value(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let rule = json!([{ "key": "near", "title": "同城相似", "all": [{ "field": "company", "by": "similar" }, { "field": "city", "by": "exact" }] }]);
    publish(&admin, &[("entities/person", &person(&rule))]).await;
    let mut names: Vec<String> = (100..360).map(|n| format!("k{n}")).collect();
    names.extend(["Jonathan Smith".to_owned(), "Jonathon Smith".to_owned()]);
    let one =
        |name: &String| json!({ "op": "create", "record": { "name": name, "company": name, "city": "bj" } });
    let batch = json!({ "operations": names.iter().map(one).collect::<Vec<_>>() });
    admin.post("/api/entities/person/batch", &batch).await.expect(200);

    let job = admin.post("/api/entities/person/duplicates/report", &json!({})).await.expect(202);
    let job = wait::job(&admin, &job).await;
    assert_eq!(
        job["result"],
        json!({ "groups": 1, "records": 2, "complete": true, "refused": [] }),
        "{job:#}"
    );
}

async fn what_is_taken_back_asks_for_no_confirmation(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = company(&server).await;
    let record = json!({ "name": "甲", "mail": "a@b.cn" });
    let first = admin.create("person", &record).await;
    confirming(&admin, "duplicates.mail", &record).await.expect(201);
    let other = json!({ "op": "update", "id": first["id"], "record": { "mail": "c@b.cn" } });
    let batch = json!({ "operations": [other] });
    let done = admin.post("/api/entities/person/batch", &batch).await.expect(200);

    let undo = format!("/api/batches/{}/undo", done["batch"].as_str().unwrap_or_default());
    let back = admin.post(&undo, &json!({})).await.expect(200);
    assert_eq!((&back["undone"], &back["skipped"]), (&json!(1), &json!([])), "{back:#}");
    assert_eq!(admin.record("person", &first).await["mail"], "a@b.cn");
}
