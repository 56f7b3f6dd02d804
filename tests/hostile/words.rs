//! Numbers beyond any, keys that stand twice, letters that are none: the same answer at every entrance.

use kezhi_tests::client::path_of;
use kezhi_tests::{Answer, Backend, Client, TestServer, files, on_both};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::bad_input::{header, row, workbook};

on_both!(
    a_number_beyond_any_is_refused_at_every_entrance,
    a_key_that_stands_twice_is_refused_at_every_entrance,
    half_a_pair_of_surrogates_is_refused_at_every_entrance,
    bytes_that_are_no_utf_8_are_refused_at_every_entrance,
);

const CUSTOMERS: &str = "/api/entities/customer/records";
const BATCH: &str = "/api/entities/customer/batch";
const UPDATE: &str = "/api/entities/customer/update";
const QUERY: &str = "/api/entities/customer/query";
const AGGREGATE: &str = "/api/entities/customer/aggregate";
const EVALUATE: &str = "/api/forms/customer/evaluate";
const SUBMIT: &str = "/api/forms/customer/submissions";

async fn raw(client: &Client, method: Method, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = client.request(method, path).header("content-type", "application/json").body(body.into());
    client.send(request).await
}

/// Every entrance that takes JSON, with a body in which `{fields}` stand where a record does and `{value}` where a value does.
fn entrances(record: &str, fields: &str, value: &str) -> Vec<(Method, String, String)> {
    let post = |path: &str, body: String| (Method::POST, path.to_owned(), body);
    let condition = format!(r#"{{"field": "staff", "op": "gt", "value": {value}}}"#);
    vec![
        post(CUSTOMERS, format!("{{\"name\": \"甲\", {fields}}}")),
        (Method::PATCH, record.to_owned(), format!("{{{fields}}}")),
        post(
            BATCH,
            format!(r#"{{"operations": [{{"op": "create", "record": {{"name": "甲", {fields}}}}}]}}"#),
        ),
        post(
            BATCH,
            format!(
                r#"{{"atomic": false, "operations": [{{"op": "create", "record": {{"name": "甲", {fields}}}}}]}}"#
            ),
        ),
        post(UPDATE, format!(r#"{{"where": {condition}, "record": {{"name": "乙"}}}}"#)),
        post(QUERY, format!(r#"{{"where": {condition}}}"#)),
        post(AGGREGATE, format!(r#"{{"where": {condition}, "measures": [{{"count": "*"}}]}}"#)),
        post(EVALUATE, format!(r#"{{"values": {{{fields}}}}}"#)),
        post(SUBMIT, format!(r#"{{"values": {{"name": "甲", {fields}}}}}"#)),
    ]
}

async fn a_number_beyond_any_is_refused_at_every_entrance(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let path = path_of("customer", &mia.create("customer", &json!({ "name": "甲", "staff": 1 })).await);
    for number in ["1e309", "-1e309", "1e999999999"] {
        for (method, path, body) in entrances(&path, &format!("\"staff\": {number}"), number) {
            let told = raw(&mia, method, &path, body.clone()).await.problem(400, "body.not_json");
            let said = told["detail"].as_str().unwrap_or_default();
            assert!(said.contains("第 1 行"), "it says where: {body}: {said}");
        }
    }
    for (number, code) in [
        ("1e309", "record.wrong_type"),
        ("Infinity", "record.wrong_type"),
        ("NaN", "record.wrong_type"),
        ("0x10", "record.wrong_type"),
        ("99999999999999999999999999999999", "record.wrong_type"),
    ] {
        let fields = json!({ "name": "甲", "budget": number });
        mia.post(CUSTOMERS, &fields).await.violations(&[&format!("{code} /budget")]);
        mia.patch(&path, &json!({ "budget": number })).await.violations(&[&format!("{code} /budget")]);
        let batch = json!({ "operations": [{ "op": "create", "record": fields }], "atomic": false });
        let told = mia.post(BATCH, &batch).await;
        assert!(told.body.to_string().contains(code), "{number}: {told:?}");
        let asked = json!({ "where": { "field": "budget", "op": "gt", "value": number } });
        let told = mia.post(QUERY, &asked).await;
        assert_eq!(told.status, 422, "{number}: {told:?}");
    }
    for staff in [json!(1e300), json!(9_007_199_254_740_993_i64), json!(u64::MAX), json!(1.5)] {
        let told = mia.post(CUSTOMERS, &json!({ "name": "甲", "staff": staff })).await;
        assert_eq!(told.status, 422, "{staff}: {told:?}");
    }
    let sheet = "名称,人数,预算\n甲,1e309,1\n乙,1,1e309\n丙,-1e309,Infinity\n";
    let job = files::import(&mia, "customer", sheet, &json!({})).await;
    assert_eq!((&job["errors"], &job["result"]["created"]), (&json!(3), &json!(0)), "{job:#}");
    let list = mia.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 1);
}

async fn a_key_that_stands_twice_is_refused_at_every_entrance(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, admin) = (server.sign_in("mia").await, server.sign_in("admin").await);
    let path = path_of("customer", &mia.create("customer", &json!({ "name": "甲", "staff": 1 })).await);
    let fields = r#""staff": 1, "staff": 2"#;
    for (method, path, body) in entrances(&path, fields, r#"{"ref": "caller.id", "ref": "today"}"#) {
        let told = raw(&mia, method, &path, body.clone()).await.problem(400, "body.repeated_key");
        let said = told["detail"].as_str().unwrap_or_default();
        assert!(said.contains("staff") || said.contains("ref"), "{body}: {said}");
    }
    // The same key in other letters is the same key.
    let escaped = r#"{"name": "甲", "st\u0061ff": 1, "staff": 2}"#;
    raw(&mia, Method::POST, CUSTOMERS, escaped).await.problem(400, "body.repeated_key");
    let form = Form::new()
        .text("options", r#"{"dry_run": true, "dry_run": false}"#)
        .part("file", Part::bytes("名称\n甲\n".as_bytes()).file_name("a.csv"));
    let import = mia.request(Method::POST, "/api/entities/customer/import").multipart(form);
    mia.send(import).await.problem(400, "body.repeated_key");
    let kept =
        admin.put("/api/draft/entities/twice", r#"{"title": "a", "title": "b", "properties": {}}"#).await;
    assert!(kept.body["diagnostics"].to_string().contains("json.duplicate_key"), "{kept:?}");

    let job = files::import(&mia, "customer", "名称,人数,人数\n乙,1,2\n", &json!({})).await;
    let columns = job["result"]["columns"].as_array().expect("columns");
    let left_out: Vec<&Value> =
        columns.iter().filter(|column| column["field"].is_null()).map(|column| &column["column"]).collect();
    assert_eq!(left_out, [&json!("C")], "the second column is told to be left out: {job:#}");
}

async fn half_a_pair_of_surrogates_is_refused_at_every_entrance(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, admin) = (server.sign_in("mia").await, server.sign_in("admin").await);
    let path = path_of("customer", &mia.create("customer", &json!({ "name": "甲" })).await);
    for half in [r"\ud800", r"\udc00", r"\ud83d\u0041", r"\ude00\ud83d"] {
        let text = format!("\"{half}\"");
        for (method, path, body) in entrances(&path, &format!("\"notes\": {text}"), &text) {
            raw(&mia, method, &path, body).await.problem(400, "body.not_json");
        }
        let key = format!(r#"{{"name": "甲", "{half}": 1}}"#);
        raw(&mia, Method::POST, CUSTOMERS, key).await.problem(400, "body.not_json");
        let kept = admin.put("/api/draft/entities/half", format!("{{\"title\": {text}}}")).await;
        assert!(kept.body["diagnostics"].to_string().contains("json.syntax"), "{kept:?}");
        let form = Form::new()
            .text("options", format!("{{\"sheet\": {text}}}"))
            .part("file", Part::bytes("名称\n甲\n".as_bytes()).file_name("a.csv"));
        let import = mia.request(Method::POST, "/api/entities/customer/import").multipart(form);
        mia.send(import).await.problem(400, "body.not_json");
    }
    for cell in ["&#xD800;", "_xD800_"] {
        let cells = format!("<c r=\"A2\" t=\"inlineStr\"><is><t>a{cell}b</t></is></c>");
        let bytes = workbook(
            |to| {
                let _ = to.write_all(header().as_bytes());
                let _ = to.write_all(row(2, &cells).as_bytes());
            },
            None,
        );
        let answer = files::send(&mia, "customer", bytes, &json!({})).await;
        if answer.status == 202 {
            let job = kezhi_tests::wait::job(&mia, &answer.body).await;
            assert!(["done", "failed"].contains(&job["state"].as_str().unwrap_or_default()), "{job:#}");
        } else {
            answer.problem(400, "file.unreadable");
        }
    }
    let pair = raw(&mia, Method::POST, CUSTOMERS, r#"{"name": "\ud83d\ude00"}"#).await.expect(201);
    assert_eq!(pair["name"], "😀");
    assert!(mia.get(&path).await.expect(200)["notes"].is_null());
}

async fn bytes_that_are_no_utf_8_are_refused_at_every_entrance(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, admin) = (server.sign_in("mia").await, server.sign_in("admin").await);
    let path = path_of("customer", &mia.create("customer", &json!({ "name": "甲" })).await);
    // 客户 in GB18030, half of a letter, a surrogate as some programs write it, a letter that is longer than it has to be.
    for bytes in [b"\xbf\xcd\xbb\xa7".as_slice(), b"\xe5\xae", b"\xed\xa0\x80", b"\xc0\xaf"] {
        for (method, path, body) in entrances(&path, "\"notes\": \"?\"", "\"?\"") {
            let at = body.find('?').expect("a place");
            let body = [&body.as_bytes()[..at], bytes, &body.as_bytes()[at + 1..]].concat();
            raw(&mia, method, &path, body).await.problem(400, "body.not_json");
        }
        let body = [b"{\"title\": \"".as_slice(), bytes, b"\"}"].concat();
        let kept = raw(&admin, Method::PUT, "/api/draft/entities/odd", body).await;
        assert!((400..500).contains(&kept.status), "{kept:?}");
        let coded: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        let told = mia.get(&format!("{CUSTOMERS}?q={coded}")).await;
        assert!(told.status < 500, "{told:?}");
    }
    // UTF-16, with its mark and without.
    let wide: Vec<u8> = r#"{"name": "甲"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    raw(&mia, Method::POST, CUSTOMERS, wide.clone()).await.problem(400, "body.not_json");
    raw(&mia, Method::POST, CUSTOMERS, [b"\xff\xfe".to_vec(), wide].concat())
        .await
        .problem(400, "body.not_json");
    let list = mia.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 1);
}
