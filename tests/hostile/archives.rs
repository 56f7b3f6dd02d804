//! Archives that hold something else than a sheet: entities that grow, files outside, links.

use std::io::Write as _;

use kezhi_tests::{Backend, TestServer, on_both};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

on_both!(entities_of_a_workbook_are_not_expanded, a_workbook_names_nothing_outside_itself);

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="TARGET"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const SHEET: &str = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row></sheetData></worksheet>"#;

/// A workbook of one column `name` whose only value is this piece of XML.
fn workbook(declared: &str, value: &str, target: &str) -> Vec<u8> {
    let strings = format!(
        r#"<?xml version="1.0"?>{declared}<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>name</t></si><si><t>{value}</t></si></sst>"#
    );
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", RELS.to_owned()),
        ("xl/workbook.xml", BOOK.to_owned()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.replace("TARGET", target)),
        ("xl/worksheets/sheet1.xml", SHEET.to_owned()),
        ("xl/sharedStrings.xml", strings),
    ] {
        writer.start_file(name, SimpleFileOptions::default()).expect("a part");
        writer.write_all(text.as_bytes()).expect("it is written");
    }
    writer.finish().expect("an archive").into_inner()
}

/// What became of an import: the job when it has ended, or the refusal.
async fn imported(server: &TestServer, bytes: Vec<u8>) -> Value {
    let mia = server.sign_in("mia").await;
    let form = Form::new().part("file", Part::bytes(bytes).file_name("a.xlsx"));
    let asked = mia.request(Method::POST, "/api/entities/customer/import").multipart(form);
    let answer = mia.send(asked).await;
    if answer.status != 202 {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        return answer.body;
    }
    let job = format!("/api/jobs/{}", answer.body["id"].as_str().expect("a job"));
    kezhi_tests::wait::until("the import has ended", async || {
        let job = mia.get(&job).await.expect(200);
        ["done", "failed", "cancelled"].contains(&job["state"].as_str().unwrap_or_default()).then_some(job)
    })
    .await
}

async fn names(server: &TestServer) -> Vec<String> {
    let mia = server.sign_in("mia").await;
    let list = mia.get("/api/entities/customer/records?limit=500&fields=name").await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect()
}

async fn entities_of_a_workbook_are_not_expanded(backend: Backend) {
    let server = TestServer::start(backend).await;
    // A workbook made in this way is read when nothing is wrong with it.
    imported(&server, workbook("", "甲一", "worksheets/sheet1.xml")).await;
    assert!(names(&server).await.contains(&"甲一".to_owned()));
    let before = server.peak();
    let laughs: String =
        (1..10).map(|at| format!(r#"<!ENTITY l{at} "{}">"#, format!("&l{};", at - 1).repeat(10))).collect();
    let laughs = format!(r#"<!DOCTYPE sst [<!ENTITY l0 "lollollollol">{laughs}]>"#);
    let outside = r#"<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/hostname">]>"#;
    let elsewhere = r#"<!DOCTYPE sst SYSTEM "http://127.0.0.1:1/x.dtd">"#;
    for (declared, value) in [(laughs.as_str(), "&l9;"), (outside, "[&x;]"), (elsewhere, "乙"), ("", "&x;")]
    {
        imported(&server, workbook(declared, value, "worksheets/sheet1.xml")).await;
    }
    let after = server.peak();
    assert!(after < before + 64, "{before} MiB before, {after} MiB after");
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    let stored = names(&server).await;
    assert!(!stored.iter().any(|name| name.contains("lollol")), "{stored:?}");
    assert!(host.trim().is_empty() || !stored.iter().any(|name| name.contains(host.trim())), "{stored:?}");
}

async fn a_workbook_names_nothing_outside_itself(backend: Backend) {
    let server = TestServer::start(backend).await;
    for target in
        ["../../../../../../etc/passwd", "file:///etc/passwd", "/etc/passwd", "http://127.0.0.1:1/x"]
    {
        let told = imported(&server, workbook("", "丙", target)).await;
        assert!(!told.to_string().contains("root:"), "{told}");
    }
    let stored = names(&server).await;
    assert!(!stored.iter().any(|name| name.contains("root:")), "{stored:?}");
    assert_eq!(server.unknown().get("/api/me").await.status, 401);
}
