//! What is not what it should be, each with its own clear answer.

use std::time::Duration;

use kezhi_tests::folder::Folder;
use kezhi_tests::server::{Place, kezhi};
use kezhi_tests::{Backend, Client, TestServer, files, image, on_both};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

on_both!(
    json_that_is_none,
    json_a_hundred_thousand_deep,
    a_body_of_another_shape,
    a_body_that_is_too_large,
    fields_and_entities_that_are_not_there,
    ids_that_are_none,
    texts_that_no_database_takes,
    a_cycle_of_computed_fields,
    a_workflow_node_that_leads_nowhere,
    a_script_that_never_ends,
    a_workbook_that_is_none,
    a_workbook_that_is_larger_inside_than_any,
    cells_that_are_none,
    texts_that_are_no_rows,
    a_file_that_is_announced_as_larger_than_any,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn raw(client: &Client, body: impl Into<String>) -> kezhi_tests::Answer {
    let request =
        client.request(Method::POST, CUSTOMERS).header("content-type", "application/json").body(body.into());
    client.send(request).await
}

async fn json_that_is_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let told = raw(&ann, "{\n  \"name\": \"a\",\n}").await.problem(400, "body.not_json");
    assert!(
        told["detail"].as_str().is_some_and(|detail| detail.contains('3')),
        "it names the line: {told:#}"
    );
    raw(&ann, "{\"name\": \"a").await.problem(400, "body.not_json");
    raw(&ann, "\u{feff}{}").await.problem(400, "body.not_json");
    raw(&ann, "name=a").await.problem(400, "body.not_json");
    raw(&ann, "").await.violations(&["record.required /name"]);
}

async fn json_a_hundred_thousand_deep(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let deep =
        |open: &str, close: &str| format!("{{\"name\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));

    raw(&ann, deep("[", "]")).await.problem(400, "body.too_deep");
    raw(&ann, deep("{\"a\":", "}")).await.problem(400, "body.too_deep");
    raw(&ann, "[".repeat(100_000)).await.problem(400, "body.too_deep");
    ann.get("/api/me").await.expect(200);
    let admin = server.sign_in("admin").await;
    let refused = admin.put("/api/draft/entities/deep", deep("[", "]")).await;
    assert_eq!(refused.body["diagnostics"][0]["code"], "json.too_deep", "{refused:?}");
    admin.get("/api/me").await.expect(200);
}

async fn a_body_of_another_shape(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    raw(&ann, "[]").await.problem(400, "body.wrong_shape");
    raw(&ann, "\"name\"").await.problem(400, "body.wrong_shape");
    let batch = json!({ "operations": [{ "op": "explode" }] });
    ann.post("/api/entities/customer/batch", &batch).await.problem(400, "body.wrong_shape");
    ann.post("/api/session", &json!({ "login": "ann", "pass": "x" })).await.problem(400, "body.wrong_shape");
}

async fn a_body_that_is_too_large(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(11 * 1024 * 1024));

    raw(&ann, large).await.problem(413, "body.too_large");
}

async fn fields_and_entities_that_are_not_there(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    ann.post(CUSTOMERS, &json!({ "name": "a", "colour": "red" }))
        .await
        .violations(&["record.unknown_field /colour"]);
    ann.post(CUSTOMERS, &json!({ "name": 5 })).await.violations(&["record.wrong_type /name"]);
    ann.post("/api/entities/spaceship/records", &json!({})).await.problem(404, "entity.not_found");
    ann.get("/api/entities/sqlite_master/records").await.problem(404, "entity.not_found");
    ann.get("/api/nothing").await.problem(404, "page.not_found");
}

async fn ids_that_are_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    for id in ["1", "x'%20or%20'1'%3D'1", "00000000-0000-7000-8000-000000000000", "..%2F..%2Fetc"] {
        ann.get(&format!("{CUSTOMERS}/{id}")).await.problem(404, "record.not_found");
        ann.patch(&format!("{CUSTOMERS}/{id}"), &json!({ "name": "b" }))
            .await
            .problem(404, "record.not_found");
    }
    let mia = server.sign_in("mia").await;
    let path =
        kezhi_tests::client::path_of("customer", &mia.create("customer", &json!({ "name": "a" })).await);
    let request = mia.request(Method::PATCH, &path).header("if-match", "soon").json(&json!({ "name": "b" }));
    mia.send(request).await.problem(400, "record.etag");
}

async fn texts_that_no_database_takes(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    raw(&ann, r#"{"name": "a\u0000b"}"#).await.violations(&["record.text /name"]);
    raw(&ann, r#"{"name": "a\ud800"}"#).await.problem(400, "body.not_json");
    let odd = "'; DROP TABLE users; -- \" % _ \\ 😀 \u{202e}";
    let made = ann.create("customer", &json!({ "name": odd })).await;
    assert_eq!(made["name"], odd);
    let body = json!({ "where": { "field": "name", "op": "contains", "value": "% _ \\" } });
    let found = ann.post("/api/entities/customer/query", &body).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    let none = ann
        .post(
            "/api/entities/customer/query",
            &json!({ "where": { "field": "name", "op": "contains", "value": "_a" } }),
        )
        .await;
    assert_eq!(none.expect(200)["items"], json!([]));
}

async fn findings(admin: &Client, path: &str, change: impl FnOnce(&mut Value)) -> Vec<Value> {
    let mut file = admin.get(&format!("/api/draft/{path}")).await.expect(200);
    change(&mut file);
    let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
    assert!(saved.status < 300, "a wrong definition is kept: {saved:?}");
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.problem(422, "draft.invalid");
    let told = admin.post("/api/draft/check", &json!({})).await.expect(200);
    told["diagnostics"].as_array().cloned().unwrap_or_default()
}

async fn a_cycle_of_computed_fields(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let told = findings(&admin, "entities/customer", |entity| {
        let computed = |of: &str| json!({ "title": "x", "x-kind": "computed", "x-result": "integer", "x-compute": format!("{of} + 1") });
        entity["properties"]["ping"] = computed("pong");
        entity["properties"]["pong"] = computed("ping");
    })
    .await;

    let text = serde_json::to_string(&told).expect("JSON");
    assert!(text.contains("cycle") && text.contains("ping") && text.contains("pong"), "{text}");
}

async fn a_workflow_node_that_leads_nowhere(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;

    let told = findings(&admin, "workflows/first_call", |workflow| {
        workflow["nodes"]["pause"]["next"] = json!("nowhere");
        workflow["nodes"]["visit"]["next"] = json!("elsewhere");
    })
    .await;

    let text = serde_json::to_string(&told).expect("JSON");
    assert!(told.iter().all(|found| found["path"] == "workflows/first_call.json"), "{text}");
    assert!(text.contains("nowhere") && text.contains("elsewhere"), "{text}");
}

async fn a_script_that_never_ends(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let rule = json!({
        "title": "无尽", "entity": "visit", "on": ["create"], "script": "endless.rhai", "level": "refuse",
        "field": "subject", "message": "x",
    });
    admin.put("/api/draft/rules/endless", rule.to_string()).await;
    admin
        .put(
            "/api/draft/rules/endless.rhai",
            "//! Never ends.\nlet n = 0;\nloop { n += 1; if n < 0 { break; } }\ntrue\n",
        )
        .await;
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);

    let fields = json!({ "subject": "a" });
    let asked = ann.post("/api/entities/visit/records", &fields);
    let refused = tokio::time::timeout(Duration::from_secs(30), asked).await.expect("it is stopped");

    refused.violations(&["rule.failed /subject"]);
    let other =
        tokio::time::timeout(Duration::from_secs(5), ann.create("customer", &json!({ "name": "a" }))).await;
    other.expect("everything else goes on");
}

async fn a_workbook_that_is_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let send = async |name: &str, bytes: Vec<u8>| {
        let form = Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()));
        mia.send(mia.request(Method::POST, "/api/entities/customer/import").multipart(form)).await
    };

    for (name, bytes) in [
        ("客户.xlsx", b"PK\x03\x04 this is no workbook".to_vec()),
        ("客户.xlsx", vec![0xff; 4096]),
        ("empty.xlsx", Vec::new()),
    ] {
        let refused = send(name, bytes).await;
        assert!((400..500).contains(&refused.status), "{name}: {refused:?}");
        assert!(
            refused.body["code"].is_string()
                && refused.body["detail"].as_str().is_some_and(|said| !said.is_empty()),
            "{refused:?}"
        );
    }
    let list = mia.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 0);
}

/// A workbook whose first sheet is this XML.
pub(crate) fn workbook(sheet: impl Fn(&mut dyn std::io::Write), declared: Option<u32>) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let packed =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let parts = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    for (name, text) in parts {
        archive.start_file(name, packed).expect("a part begins");
        archive.write_all(text.as_bytes()).expect("into memory");
    }
    archive.start_file("xl/worksheets/sheet1.xml", packed).expect("a part begins");
    archive.write_all(br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#).expect("into memory");
    sheet(&mut archive);
    archive.write_all(b"</sheetData></worksheet>").expect("into memory");
    let mut bytes = archive.finish().expect("the archive ends").into_inner();
    if let Some(declared) = declared {
        let directory =
            bytes.windows(4).rposition(|window| window == b"PK\x01\x02").expect("the last part is listed");
        bytes[directory + 24..directory + 28].copy_from_slice(&declared.to_le_bytes());
    }
    bytes
}

pub(crate) fn row(number: u32, cells: &str) -> String {
    format!("<row r=\"{number}\">{cells}</row>")
}

pub(crate) fn header() -> String {
    row(
        1,
        "<c r=\"A1\" t=\"inlineStr\"><is><t>名称</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>人数</t></is></c>",
    )
}

async fn a_workbook_that_is_larger_inside_than_any(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    files::send(&mia, "customer", workbook(|to| _ = to.write_all(header().as_bytes()), None), &json!({}))
        .await
        .expect(202);
    let before = server.peak();
    let zeros = vec![b'0'; 1024 * 1024];
    let one_cell = workbook(
        |to| {
            let _ = to.write_all(b"<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>");
            (0..200).for_each(|_| _ = to.write_all(&zeros));
            let _ = to.write_all(b"</t></is></c></row>");
        },
        None,
    );
    let declared = workbook(|to| _ = to.write_all(header().as_bytes()), Some(u32::MAX - 1));
    let spread = workbook(
        |to| {
            let _ = to.write_all(header().as_bytes());
            let _ = to.write_all(row(1_048_576, "<c r=\"XFD1048576\"><v>1</v></c>").as_bytes());
        },
        None,
    );

    for bytes in [one_cell, declared] {
        let told = files::send(&mia, "customer", bytes, &json!({})).await.problem(400, "file.unreadable");
        assert!(told["detail"].as_str().is_some_and(|said| said.contains("sheet1.xml")), "{told:#}");
    }
    let job = files::import(&mia, "customer", spread, &json!({ "dry_run": true })).await;
    assert_eq!((&job["errors"], &job["state"]), (&json!(1), &json!("done")), "{job:#}");
    let wide = workbook(
        |to| _ = to.write_all((header() + row(2, "<c r=\"XFE2\"><v>1</v></c>").as_str()).as_bytes()),
        None,
    );
    let told = files::send(&mia, "customer", wide, &json!({})).await.problem(400, "file.unreadable");
    assert!(told["detail"].as_str().is_some_and(|said| said.contains("16,384")), "{told:#}");
    let after = server.peak();
    assert!(after < before + 64, "{before} MiB before, {after} MiB after");
}

async fn cells_that_are_none(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let cells = |number: u32, value: &str| {
        row(
            number,
            &format!(
                "<c r=\"A{number}\" t=\"inlineStr\"><is><t>甲</t></is></c><c r=\"B{number}\"{value}</c>"
            ),
        )
    };
    let bytes = workbook(
        |to| {
            let _ = to.write_all(header().as_bytes());
            for (number, value) in [
                (2, "><v>1e309</v>"),
                (3, " t=\"e\"><f>1/0</f><v>#DIV/0!</v>"),
                (4, "><v>3</v>"),
                (5, "><v>1e15</v>"),
            ] {
                let _ = to.write_all(cells(number, value).as_bytes());
            }
        },
        None,
    );

    let job = files::import(&mia, "customer", bytes, &json!({})).await;

    let told: Vec<(&Value, &Value)> = job["result"]["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (&row["row"], &row["problems"][0]["code"]))
        .collect();
    let cell_error = json!("import.cell_error");
    assert_eq!(
        told,
        [(&json!(2), &cell_error), (&json!(3), &cell_error), (&json!(5), &json!("record.too_large"))],
        "{job:#}"
    );
    assert_eq!(job["result"]["created"], 1);
    let path = job["result"]["error_file"].as_str().expect("what was wrong is in a file");
    assert!(!files::download(&mia, path).await.is_empty());
}

async fn texts_that_are_no_rows(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let wide = format!("名称{}\n甲\n", ",".repeat(16_384));
    let endless = format!("名称\n\"{}", "x".repeat(9 * 1024 * 1024));
    for (bytes, what) in [
        (b"name\n\xff\xfe\xff".to_vec(), "5"),
        (b"name\na\xed\xa0\x80b\n".to_vec(), "6"),
        (wide.into_bytes(), "16,384"),
        (endless.into_bytes(), "2"),
        ("甲,乙\n1,2\n".into(), "客户"),
    ] {
        let told = files::send(&mia, "customer", bytes, &json!({})).await.problem(400, "file.unreadable");
        assert!(told["detail"].as_str().is_some_and(|said| said.contains(what)), "{what}: {told:#}");
    }
    let list = mia.get(&format!("{CUSTOMERS}?count=exact")).await.expect(200);
    assert_eq!(list["count"]["value"], 0);
}

async fn a_file_that_is_announced_as_larger_than_any(backend: Backend) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let token = mia.get("/api/me").await.expect(200)["csrf_token"].as_str().unwrap_or_default().to_owned();
    let address = server.base().trim_start_matches("http://").to_owned();
    let cookie = mia.cookie().unwrap_or_default().to_owned();
    let before = server.peak();
    let head = format!(
        "POST /api/entities/customer/import HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nx-csrf-token: {token}\r\n\
         content-type: multipart/form-data; boundary=x\r\ncontent-length: 10737418240\r\n\r\n\
         --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
    );
    let mut socket = tokio::net::TcpStream::connect(&address).await.expect("the server listens");
    socket.write_all(head.as_bytes()).await.expect("the head is taken");
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(30), socket.read_exact(&mut answer)).await;
    read.expect("it is not waited for").expect("there is an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert!(server.peak() < before + 16);
}

/// Runs a command that must end with this code and say one clear line that holds `what`.
async fn refused(place: &Place, arguments: &[&str], code: i32, what: &str) {
    let ended = tokio::time::timeout(Duration::from_secs(30), place.command(arguments).output()).await;
    let output = ended.expect("it does not hang").expect("the binary can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(what), "`{said}` does not say {what}");
    assert!(said.lines().count() <= 3 && !said.contains("panicked"), "not a clear line: {said}");
}

#[tokio::test]
async fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = taken.local_addr().expect("a bound socket has an address").to_string();
    let place = Place::empty(Backend::Sqlite);

    refused(&place, &["serve", "--listen", &address], 3, &address).await;
}

#[tokio::test]
async fn a_second_server_on_the_same_folder() {
    let server = TestServer::start(Backend::Sqlite).await;

    refused(server.place(), &["serve", "--listen", "127.0.0.1:0"], 3, "another process").await;

    server.sign_in("ann").await.get("/api/me").await.expect(200);
    refused(server.place(), &["plan", "/nowhere"], 1, "/nowhere").await;
}

#[tokio::test]
async fn a_database_that_does_not_answer() {
    let place = Place::empty(Backend::Sqlite);
    refused(&place, &["serve", "--listen", "127.0.0.1:0", "--database", "mysql://x"], 1, "mysql://x").await;
    let closed = "postgres://nobody@127.0.0.1:1/none";
    refused(&place, &["serve", "--listen", "127.0.0.1:0", "--database", closed], 3, "kezhi:").await;
}

#[tokio::test]
async fn a_database_from_a_newer_engine() {
    let place = image::of(Backend::Postgres).await.copy();
    place.alter("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)");
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "m29991231_000001_future").await;

    let place = image::of(Backend::Sqlite).await.copy();
    place.alter("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_future', 0)");
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "m29991231_000001_future").await;
}

#[tokio::test]
async fn a_database_file_that_is_none() {
    let place = Place::empty(Backend::Sqlite);
    place.folder.write("workspaces/default.sqlite", "This is a letter, not a database. ".repeat(200));
    refused(&place, &["serve", "--listen", "127.0.0.1:0"], 3, "not a database").await;
}

#[tokio::test]
async fn commands_and_folders_that_are_not_there() {
    for (arguments, code) in [(["check", "/nowhere"], 1), (["dance", "now"], 2), (["serve", "--lisen"], 2)] {
        let output = kezhi(&arguments).await;
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let folder = Folder::new("definitions");
    folder.write("entities/customer.json", "{ \"title\": \"a\", ");
    let output = kezhi(&["check", &folder.path().to_string_lossy()]).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + String::from_utf8_lossy(&output.stderr).as_ref();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("entities/customer.json:1:") && said.contains("json.syntax"), "{said}");
}

#[tokio::test]
async fn commands_speak_one_language_and_tell_a_file_that_is_no_text_among_the_others() {
    let place = Place::empty(Backend::Sqlite);
    let folder = Folder::new("definitions");
    folder.write("manifest.json", r#"{"key": "a", "title": "A", "version": "1.0.0", "engine": "*"}"#);
    folder.write("entities/customer.json", r#"{"title": "Customer", "properties": {}}"#);
    folder.write("views/odd.json", b"\xff\xfe".as_slice());
    folder.write("rulez.json", "{}");
    let dir = folder.path().to_string_lossy().into_owned();
    let said = async |command: &str, language: &str| {
        let mut command = place.command(&[command, &dir]);
        let output = command.env("KEZHI_LANG", language).output().await.expect("it can be started");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);

    for command in ["check", "test", "plan", "apply"] {
        let english = said(command, "en").await;
        for code in ["[file.encoding]", "[entity.no_field]", "warning[file.unused]"] {
            assert!(english.contains(code), "{command}: {english}");
        }
        assert!(english.contains("2 error(s) in ") && !english.contains(is_han), "{command}: {english}");
        let chinese = said(command, "zh_CN.UTF-8").await;
        assert!(chinese.lines().all(|line| line.contains(is_han)), "{command}: {chinese}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_server_comes_in_the_language_of_the_command() {
    let server = TestServer::start(Backend::Sqlite).await;
    for (language, sentence) in [("en", "There is no role “nobody”"), ("zh", "没有“nobody”这个角色")]
    {
        let mut command = server.place().command(&["user", "create", "new", "--role", "nobody"]);
        let output = command.env("KEZHI_LANG", language).output().await.expect("it can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(sentence) && !said.contains("(4"), "{said}");
    }
}
