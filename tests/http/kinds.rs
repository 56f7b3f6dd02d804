//! Every kind of field: what is stored, what comes back, what a list finds, in which order, what an import reads.

use kezhi_tests::{Backend, Client, TestServer, files, on_both, tree};
use serde_json::{Map, Value, json};

on_both!(
    the_shared_cases_hold_in_the_database,
    every_kind_comes_back_in_its_stored_form,
    lunar_days_and_times_are_sorted_as_they_follow_one_another,
    what_people_write_in_a_sheet_is_read,
    people_and_departments_are_named_proved_and_found,
    codes_that_nobody_knows_are_kept_from_imports_and_refused_from_forms,
);

fn case_file(name: &str) -> Value {
    let text = std::fs::read_to_string(tree::root().join("tests/cases").join(name)).expect("a file of cases");
    serde_json::from_str(&text).expect("JSON")
}

/// Puts definitions into the draft and publishes them.
async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let answer = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

/// The entity of the shared cases, and the same with a column for every field that can have one.
async fn samples(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let plain = case_file("entity.json");
    let mut columns: Value =
        serde_json::from_str(&plain.to_string().replace("\"sample\"", "\"filed\"")).expect("JSON");
    for (key, field) in columns["properties"].as_object_mut().expect("properties") {
        let kind = field["x-kind"].as_str().unwrap_or_default();
        if !matches!(
            kind,
            "choices"
                | "tags"
                | "people"
                | "departments"
                | "cascade"
                | "address"
                | "table"
                | "rich_text"
                | "location"
                | "json"
                | "grade"
                | "rollup"
                | "relations"
                | "lookup"
        ) {
            field["x-index"] = json!(true);
        }
        assert_ne!(key, "id");
    }
    for key in ["value", "total", "children"] {
        columns["properties"].as_object_mut().expect("properties").shift_remove(key);
    }
    publish(
        &admin,
        &[
            ("entities/sample", plain),
            ("entities/filed", columns),
            ("entities/child", case_file("child.json")),
            ("grades/sample_value", case_file("grade.json")),
        ],
    )
    .await;
    admin
}

/// Whether a case asks for nothing but the record's own fields, as they are stored.
fn is_about_the_record(case: &Value) -> bool {
    let condition = case["condition"].to_string();
    let elsewhere =
        ["\"ref\"", "changed", "within_", "value.", "parent.", "manager.", "owner", "\"value\":\"sys"];
    let names =
        ["\"count\"", "\"doubled\"", "\"total\"", "\"children\"", "\"field\":\"value\"", "department"];
    ["caller", "records", "related", "before", "browser"].iter().all(|key| case.get(*key).is_none())
        && elsewhere.iter().chain(&names).all(|word| !condition.contains(word))
}

async fn the_shared_cases_hold_in_the_database(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let cases = case_file("conditions.json");
    let mut asked = 0;
    for entity in ["sample", "filed"] {
        for case in cases.as_array().expect("cases").iter().filter(|case| is_about_the_record(case)) {
            let mut record = case["record"].clone();
            record.as_object_mut().expect("a record").shift_remove("code");
            let path = format!("/api/entities/{entity}/records");
            let answer = admin.post(&path, &record).await;
            let stored = answer.body.clone();
            let as_given =
                |(key, value): (&String, &Value)| value.is_null() || stored.get(key) == Some(value);
            if answer.status != 201 || !case["record"].as_object().expect("a record").iter().all(as_given) {
                continue;
            }
            let condition =
                json!({ "all": [{ "field": "id", "op": "eq", "value": stored["id"] }, case["condition"]] });
            let page =
                admin.post(&format!("/api/entities/{entity}/query"), &json!({ "where": condition })).await;
            let found = page.expect(200)["items"].as_array().map(Vec::len);
            let expected = usize::from(case["expect"] == json!(true));
            assert_eq!(found, Some(expected), "{entity}: {}", case["name"]);
            asked += 1;
        }
    }
    assert!(asked > 200, "{asked} cases were asked of the database");
}

async fn every_kind_comes_back_in_its_stored_form(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let sent = json!({
        "name": "甲", "story": "<p onclick=\"x()\">好 <b>客户</b><script>x()</script></p>", "stars": 4, "opens": "8:30",
        "term": "030d", "tint": "#ABC", "sku": " 6901234567892 ", "license": "91350100m000100y43",
        "card": "11010519491231002x", "spot": { "lat": "31.2304", "lng": 121.473_7 }, "birthday": "1990-L05-15",
        "area": ["33", "3301"], "place": { "region": ["11", "1101", "110105"], "detail": "建国路 1 号" },
        "extra": { "b": [1, 2.5, null], "a": 100.0, "deep": { "x": "客" } },
    });
    for entity in ["sample", "filed"] {
        let created = admin.create(entity, &sent).await;
        let stored = admin.record(entity, &created).await;
        for (field, value) in [
            ("story", json!("<p>好 <b>客户</b></p>")),
            ("stars", json!(4)),
            ("opens", json!("08:30:00")),
            ("term", json!("30d")),
            ("tint", json!("#aabbcc")),
            ("sku", json!("6901234567892")),
            ("license", json!("91350100M000100Y43")),
            ("card", json!("11010519491231002X")),
            ("spot", json!({ "lat": 31.2304, "lng": 121.4737 })),
            ("area", json!(["33", "3301"])),
            ("place", json!({ "region": ["11", "1101", "110105"], "detail": "建国路 1 号" })),
            ("birthday", json!("1990-L05-15")),
            ("extra", json!({ "b": [1, 2.5, null], "a": 100, "deep": { "x": "客" } })),
        ] {
            assert_eq!(stored[field], value, "{field} of {stored:#}");
        }
        let path = kezhi_tests::client::path_of(entity, &created);
        let again = admin.patch(&path, &sent).await.expect(200);
        assert_eq!(again["version"], json!(1), "nothing has changed: {again:#}");
    }
    let wrong = json!({ "card": "110105194912310021", "license": "91350100M000100Y44", "stars": 6, "opens": "25:00" });
    admin.post("/api/entities/sample/records", &wrong).await.violations(&[
        "record.id_card_check /card",
        "record.company_code_check /license",
        "record.too_large /stars",
        "record.format /opens",
    ]);
    let schema = admin.get("/api/entities/sample/schema").await.expect(200);
    for (field, keyword, value) in [
        ("stars", "maximum", json!(5)),
        ("spot", "required", json!(["lat", "lng"])),
        ("tags", "type", json!("array")),
        ("opens", "type", json!("string")),
    ] {
        assert_eq!(schema["properties"][field][keyword], value, "{schema:#}");
    }
}

async fn lunar_days_and_times_are_sorted_as_they_follow_one_another(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let days = ["1990-L05-01", "1990-06-01", "1989-12-29", "1990-05-29", "1990-L05-29"];
    let sorted = ["1989-12-29", "1990-05-29", "1990-L05-01", "1990-L05-29", "1990-06-01"];
    for entity in ["sample", "filed"] {
        for (at, day) in days.iter().enumerate() {
            let opens = format!("{:02}:00:00", 23 - at * 3);
            admin.create(entity, &json!({ "name": day, "birthday": day, "opens": opens })).await;
        }
        admin.create(entity, &json!({ "name": "无" })).await;
        let mut seen = Vec::new();
        let mut question = json!({ "sort": ["birthday"], "limit": 2 });
        loop {
            let page = admin.post(&format!("/api/entities/{entity}/query"), &question).await.expect(200);
            let items = page["items"].as_array().expect("items").iter();
            seen.extend(items.map(|item| item["name"].as_str().unwrap_or_default().to_owned()));
            if page["next"].is_null() {
                break;
            }
            question["after"] = page["next"].clone();
        }
        assert_eq!(seen[..5], sorted, "{entity}");
        assert_eq!(seen[5], "无");
        let question =
            json!({ "sort": ["-opens"], "where": { "field": "opens", "op": "gte", "value": "14:00:00" } });
        let page = admin.post(&format!("/api/entities/{entity}/query"), &question).await.expect(200);
        let times: Vec<&str> = page["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|item| item["opens"].as_str())
            .collect();
        assert_eq!(times, ["23:00:00", "20:00:00", "17:00:00", "14:00:00"]);
    }
}

async fn what_people_write_in_a_sheet_is_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let sheet = "名称,评分,开门,期限,色标,条码,信用代码,身份证,位置,附加,农历生日,介绍,地区,品类,地址\n\
        甲,4,8:30,30天,#ABC,6901234567892,91350100m000100y43,11010519491231002x,\"31.2304,121.4737\",\"{\"\"a\"\":1}\",1990年闰5月15日,<b>好</b>,浙江省/杭州市,食品/A1,北京市朝阳区建国路 1 号\n\
        乙,9,25:00,很久,red,,91350100M000100Y44,110105194912310021,nowhere,,1991-L05-15,,,,\n";
    let imported = import(&admin, sheet).await;
    assert_eq!((&imported["created"], &imported["unmapped"]), (&json!(1), &json!([])), "{imported:#}");
    let problems = imported["refused"][0]["problems"].as_array().expect("problems").iter();
    let told: Vec<&str> = problems.filter_map(|problem| problem["header"].as_str()).collect();
    let mut wrong = ["评分", "开门", "期限", "色标", "信用代码", "身份证", "位置", "农历生日"].to_vec();
    wrong.retain(|column| !told.contains(column));
    assert!(wrong.is_empty(), "{wrong:?} in {imported:#}");
    let page = admin.post("/api/entities/sample/query", &json!({})).await.expect(200);
    let read: &Map<String, Value> = page["items"][0].as_object().expect("a record");
    for (field, value) in [
        ("stars", json!(4)),
        ("opens", json!("08:30:00")),
        ("term", json!("30d")),
        ("tint", json!("#aabbcc")),
        ("sku", json!("6901234567892")),
        ("license", json!("91350100M000100Y43")),
        ("card", json!("11010519491231002X")),
        ("spot", json!({ "lat": 31.2304, "lng": 121.4737 })),
        ("extra", json!({ "a": 1 })),
        ("birthday", json!("1990-L05-15")),
        ("story", json!("<b>好</b>")),
        ("area", json!(["33", "3301"])),
        ("goods", json!(["A", "A1"])),
        ("place", json!({ "region": ["11", "1101", "110105"], "detail": "建国路 1 号" })),
    ] {
        assert_eq!(read[field], value, "{field} of {read:#?}");
    }
}

async fn import(client: &Client, sheet: &str) -> Value {
    files::import(client, "sample", sheet, &json!({})).await["result"].clone()
}

async fn codes_that_nobody_knows_are_kept_from_imports_and_refused_from_forms(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let regions = admin.get("/api/regions").await.expect(200);
    assert!(
        regions["items"]
            .as_array()
            .is_some_and(|items| items.contains(&json!({ "code": "3301", "name": "杭州市" })))
    );
    let imported = import(&admin, "名称,地区\n旧,33/9999\n").await;
    assert_eq!(imported["created"], json!(1), "{imported:#}");
    let page = admin.post("/api/entities/sample/query", &json!({})).await.expect(200);
    let old = &page["items"][0];
    assert_eq!(old["area"], json!(["33", "9999"]));
    let path = kezhi_tests::client::path_of("sample", old);
    admin.patch(&path, &json!({ "name": "新", "area": ["33", "9999"] })).await.expect(200);
    admin.patch(&path, &json!({ "area": ["33", "9998"] })).await.violations(&["record.unknown_code /area"]);
    let sent = json!({ "area": ["33", "9999"], "place": { "region": ["98"] } });
    let answer = admin.post("/api/entities/sample/records", &sent).await;
    answer.violations(&["record.unknown_code /area", "record.unknown_code /place"]);
}

async fn people_and_departments_are_named_proved_and_found(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = samples(&server).await;
    let sales =
        admin.post("/api/departments", &json!({ "key": "sales", "title": "销售部" })).await.expect(201);
    let me = admin.get("/api/me").await.expect(200)["id"].clone();
    let ann = server.sign_in("ann").await.get("/api/me").await.expect(200)["id"].clone();

    let sent = json!({ "name": "甲", "team": [ann, me], "unit": sales["id"], "units": [sales["id"]] });
    let made = admin.create("sample", &sent).await;
    assert_eq!((&made["team"], &made["unit"]), (&json!([ann, me]), &sales["id"]));
    admin.create("sample", &json!({ "name": "乙", "team": [ann] })).await;
    let nobody = "01980000-0000-7000-8000-0000000000a1";
    let wrong = json!({ "team": [ann, nobody], "unit": nobody, "units": [nobody] });
    admin.post("/api/entities/sample/records", &wrong).await.violations(&[
        "record.unknown_reference /team",
        "record.unknown_reference /unit",
        "record.unknown_reference /units",
    ]);
    for condition in [
        json!({ "field": "team", "op": "has", "value": { "ref": "caller.id" } }),
        json!({ "field": "team", "op": "has_all", "value": [ann, me] }),
        json!({ "field": "units", "op": "has", "value": sales["id"] }),
        json!({ "field": "unit", "op": "eq", "value": sales["id"] }),
    ] {
        let page = admin.post("/api/entities/sample/query", &json!({ "where": condition })).await.expect(200);
        let names: Vec<&str> =
            page["items"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str()).collect();
        assert_eq!(names, ["甲"], "{condition}");
        let titles = &page["titles"];
        assert_eq!(titles[sales["id"].as_str().expect("an id")], "销售部", "{page:#}");
        assert!(titles[ann.as_str().expect("an id")].is_string(), "{page:#}");
    }
    let sheet = "名称,成员,部门,协作部门\n丙,ann、admin,销售部,sales\n丁,nobody,没有,\n";
    let imported = import(&admin, sheet).await;
    let refused = imported["refused"].as_array().map(Vec::len);
    assert_eq!((&imported["created"], refused), (&json!(1), Some(1)), "{imported:#}");
    let question = json!({ "where": { "field": "name", "op": "eq", "value": "丙" } });
    let page = admin.post("/api/entities/sample/query", &question).await.expect(200);
    let read = &page["items"][0];
    assert_eq!(read["team"], json!([ann, me]), "{read:#}");
    assert_eq!((&read["unit"], &read["units"]), (&sales["id"], &json!([sales["id"]])));
}
