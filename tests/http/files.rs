//! `/api/files`: what is taken, who reads it, and what becomes of it.

use std::path::{Path, PathBuf};

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Answer, Backend, Client, TestServer, files, on_both};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

on_both!(
    a_file_is_sent_held_by_a_record_and_read_again,
    only_who_may_read_a_field_reads_its_files,
    a_file_that_may_not_be_read_is_named_like_one_that_does_not_exist,
    limits_of_a_field_are_told_at_the_file,
    what_deceives_or_is_too_large_is_refused,
    pictures_are_shown_small_and_bombs_are_not_opened,
    what_nobody_attached_is_swept_and_what_history_names_is_kept,
    a_file_of_many_records_is_read_by_each_of_their_owners,
    pictures_of_a_rich_text_are_held_as_files_are,
    rows_name_files_by_their_names_and_come_back_by_ids,
    files_go_with_the_bin_and_come_back_with_it,
    it_is_proved_that_files_are_there,
);

/// A picture of one pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63,
    0xfc, 0xcf, 0xc0, 0x50, 0x0f, 0, 4, 0x85, 1, 0x80, 0x84, 0xa9, 0x8c, 0x21, 0, 0, 0, 0, 0x49, 0x45, 0x4e,
    0x44, 0xae, 0x42, 0x60, 0x82,
];

/// A server with an entity `case` that holds files, its administrator, and two clerks who see their own cases.
async fn cases(backend: Backend) -> (TestServer, Client, [Client; 2]) {
    cases_on(TestServer::start(backend).await).await
}

pub(super) async fn cases_on(server: TestServer) -> (TestServer, Client, [Client; 2]) {
    let admin = server.sign_in("admin").await;
    let case = json!({ "title": "案件", "x-title-field": "name", "x-owner": true, "required": ["name"], "properties": {
        "name": { "title": "名称", "x-kind": "text", "maxLength": 40 },
        "papers": { "title": "附件", "x-kind": "attachment", "maxItems": 3 },
        "photos": { "title": "图片", "x-kind": "image", "x-max-size": 2000 },
        "sign": { "title": "签名", "x-kind": "signature" },
        "forms": { "title": "表格", "x-kind": "attachment", "x-types": ["text/csv", "image/*"] },
        "note": { "title": "说明", "x-kind": "rich_text" },
        "inner": { "title": "内部", "x-kind": "attachment", "x-sensitivity": "sensitive" },
        "steps": { "title": "步骤", "x-kind": "table", "items": { "properties": {
            "what": { "title": "事项", "x-kind": "text" }, "proof": { "title": "凭证", "x-kind": "attachment" } } } }
    } });
    let clerk = json!({ "title": "办事员", "entities": { "case": { "create": true, "import": true, "read": "own", "update": "own", "delete": "own" } } });
    for (path, file) in [("entities/case", case), ("roles/handler", clerk)] {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    for login in ["una", "vic"] {
        let person = json!({ "login": login, "name": login, "password": PASSWORD, "roles": ["handler"] });
        admin.post("/api/users", &person).await.expect(201);
    }
    let clerks = [server.sign_in("una").await, server.sign_in("vic").await];
    (server, admin, clerks)
}

pub(super) async fn send(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let part = Part::bytes(bytes.into()).file_name(name.to_owned());
    client.send(client.request(Method::POST, "/api/files").multipart(Form::new().part("file", part))).await
}

pub(super) async fn sent(client: &Client, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    send(client, name, bytes).await.expect(201)
}

pub(super) fn address(file: &Value) -> String {
    format!("/api/files/{}", file["id"].as_str().expect("an id"))
}

pub(super) async fn bytes_of(client: &Client, path: &str) -> Vec<u8> {
    let response = client.request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200, "{path}");
    response.bytes().await.expect("bytes").to_vec()
}

/// Every file below the folder where the server keeps them.
pub(crate) fn kept(server: &TestServer) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut found = Vec::new();
    walk(&server.place().folder.path().join("files"), &mut found);
    found
}

async fn a_file_is_sent_held_by_a_record_and_read_again(backend: Backend) {
    let (server, _, [una, _]) = cases(backend).await;
    let text = "客户 A\n".repeat(300_000).into_bytes();
    let paper = sent(&una, "合同 1.txt", text.clone()).await;
    let expected =
        json!({ "id": paper["id"], "name": "合同 1.txt", "type": "text/plain", "size": text.len() });
    assert_eq!(paper, expected);
    assert_eq!(bytes_of(&una, &address(&paper)).await, text, "its sender reads it while it waits");
    let proof = sent(&una, "收据.pdf", b"%PDF-1.7\n".to_vec()).await;
    let sign = sent(&una, "signature.png", PNG).await;

    // Of what is sent only the id counts.
    let lies = json!({ "id": paper["id"], "name": "x.exe", "size": 1 });
    let fields = json!({ "name": "一", "papers": [lies], "sign": { "id": sign["id"] },
        "steps": [{ "what": "付款", "proof": [{ "id": proof["id"] }] }] });
    let case = una.create("case", &fields).await;
    assert_eq!((&case["papers"], &case["sign"]), (&json!([paper]), &sign));
    assert_eq!(case["steps"][0]["proof"], json!([proof]));
    let listed = una.get("/api/entities/case/records?fields=papers").await.expect(200);
    assert_eq!(listed["items"][0]["papers"], json!([paper]));
    let holders = json!({ "where": { "field": "papers", "op": "not_empty" } });
    let holders = una.post("/api/entities/case/query", &holders).await.expect(200);
    assert_eq!(holders["items"].as_array().map(Vec::len), Some(1));

    let answer = una.get(&address(&proof)).await;
    assert_eq!(answer.status, 200);
    for (header, value) in [
        ("content-type", "application/pdf"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E6%94%B6%E6%8D%AE.pdf"),
    ] {
        assert_eq!(answer.header(header), Some(value), "{header}");
    }
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    let tag = answer.header("etag").expect("a tag").to_owned();
    let again = una.request(Method::GET, &address(&proof)).header("if-none-match", tag);
    assert_eq!(una.send(again).await.status, 304);
    let picture = una.get(&address(&sign)).await;
    assert!(
        picture.header("content-disposition").is_some_and(|told| told.starts_with("inline")),
        "{picture:?}"
    );
    assert!(kept(&server).iter().all(|path| !path.to_string_lossy().contains("合同")), "names say nothing");
}

async fn only_who_may_read_a_field_reads_its_files(backend: Backend) {
    let (server, admin, [una, vic]) = cases(backend).await;
    let paper = sent(&una, "a.txt", "a").await;
    for stranger in [&vic, &admin] {
        stranger.get(&address(&paper)).await.problem(404, "file.not_found");
    }
    server.unknown().get(&address(&paper)).await.problem(401, "session.required");
    let case = una.create("case", &json!({ "name": "一", "papers": [paper], "steps": [] })).await;
    vic.get(&address(&paper)).await.problem(404, "file.not_found");
    assert_eq!(bytes_of(&admin, &address(&paper)).await, b"a");

    let secret = sent(&admin, "b.txt", "b").await;
    admin.patch(&path_of("case", &case), &json!({ "inner": [secret] })).await.expect(200);
    una.get(&address(&secret)).await.problem(404, "file.not_found");
    assert_eq!(una.record("case", &case).await.get("inner"), None);
    let proof = sent(&una, "c.txt", "c").await;
    una.patch(&path_of("case", &case), &json!({ "steps": [{ "proof": [proof] }] })).await.expect(200);
    assert_eq!(bytes_of(&una, &address(&proof)).await, b"c");
    vic.get(&address(&proof)).await.problem(404, "file.not_found");

    una.delete(&path_of("case", &case)).await.expect(204);
    una.get(&address(&paper)).await.problem(404, "file.not_found");
    for wrong in ["/api/files/x", "/api/files/01980000-0000-7000-8000-000000000001"] {
        una.get(wrong).await.problem(404, "file.not_found");
    }
    let told = una.get(&format!("{}?thumb=yes", address(&proof))).await.problem(400, "query.parameter");
    assert!(told["detail"].as_str().is_some_and(|said| !said.contains('{')), "{told:#}");
}

async fn a_file_that_may_not_be_read_is_named_like_one_that_does_not_exist(backend: Backend) {
    let (_server, admin, [una, vic]) = cases(backend).await;
    let pending = sent(&una, "a.txt", "a").await;
    let held = sent(&una, "b.txt", "b").await;
    let hidden = sent(&admin, "c.txt", "c").await;
    let case = una.create("case", &json!({ "name": "一", "papers": [held] })).await;
    admin.patch(&path_of("case", &case), &json!({ "inner": [hidden] })).await.expect(200);
    let unknown =
        json!({ "id": "01980000-0000-7000-8000-000000000001", "name": "a", "type": "text/plain", "size": 1 });

    let told = async |client: &Client, file: &Value| {
        let answer =
            client.post("/api/entities/case/records", &json!({ "name": "x", "papers": [file] })).await;
        let mut body = answer.problem(422, "record.invalid");
        body["violations"][0]["message"].take();
        body
    };
    let nothing = told(&vic, &unknown).await;
    assert_eq!(nothing["violations"][0]["code"], "record.unknown_reference");
    assert_eq!(nothing["violations"][0]["pointer"], "/papers/0");
    for file in [&pending, &held, &hidden] {
        assert_eq!(told(&vic, file).await, nothing);
    }
    assert_eq!(told(&una, &hidden).await, nothing, "held by a field that is hidden");
    assert_eq!(told(&admin, &pending).await, nothing, "waiting for somebody else");
    let batch = json!({ "operations": [{ "op": "create", "record": { "name": "x", "papers": [held] } }], "atomic": true });
    assert_eq!(vic.post("/api/entities/case/batch", &batch).await.status, 422);
    let row = json!({ "name": "x", "steps": [{ "proof": [held] }] });
    let row = vic.post("/api/entities/case/records", &row).await;
    row.violations(&["record.unknown_reference /steps/0/proof/0"]);

    let copy = una.create("case", &json!({ "name": "二", "papers": [held, pending] })).await;
    assert_eq!(copy["papers"], json!([held, pending]), "one's own, and one that may be read elsewhere");
    assert_eq!(bytes_of(&una, &address(&held)).await, b"b");
}

async fn limits_of_a_field_are_told_at_the_file(backend: Backend) {
    let (_server, _, [una, _]) = cases(backend).await;
    let text = sent(&una, "a.txt", "a").await;
    let sheet = sent(&una, "a.csv", "a,b\n").await;
    let picture = sent(&una, "a.png", PNG).await;
    let large = sent(&una, "b.png", [PNG, &[0; 3000]].concat()).await;
    let create = async |fields: Value| {
        let mut fields = fields;
        fields["name"] = json!("一");
        una.post("/api/entities/case/records", &fields).await
    };
    create(json!({ "photos": [picture, text] })).await.violations(&["record.file_type /photos/1"]);
    create(json!({ "photos": [large] })).await.violations(&["record.file_too_large /photos/0"]);
    create(json!({ "sign": text })).await.violations(&["record.file_type /sign"]);
    create(json!({ "forms": [sheet, picture, text] })).await.violations(&["record.file_type /forms/2"]);
    create(json!({ "papers": [text, text] })).await.violations(&["record.duplicate_item /papers/1"]);
    create(json!({ "papers": [text, sheet, picture, large] })).await.violations(&["record.too_many /papers"]);
    create(json!({ "papers": text })).await.violations(&["record.wrong_type /papers"]);
    create(json!({ "papers": [text["id"]] })).await.violations(&["record.wrong_type /papers/0"]);
    create(json!({ "sign": [picture] })).await.violations(&["record.wrong_type /sign"]);
    create(json!({ "photos": [picture], "sign": picture, "forms": [sheet] })).await.expect(201);
    for question in
        [json!({ "sort": ["papers"] }), json!({ "where": { "field": "papers", "op": "has", "value": "a" } })]
    {
        assert_eq!(una.post("/api/entities/case/query", &question).await.status, 422, "{question}");
    }
}

async fn what_deceives_or_is_too_large_is_refused(backend: Backend) {
    let (server, _, [una, _]) = cases(backend).await;
    let html = "<!DOCTYPE html><script>alert(1)</script>";
    send(&una, "photo.png", html).await.problem(422, "file.type_mismatch");
    send(&una, "photo.png", b"MZ\x90\0".to_vec()).await.problem(422, "file.type_mismatch");
    send(&una, "a.txt", Vec::new()).await.problem(422, "file.empty");
    send(&una, "a.bin", vec![7; 20 * 1024 * 1024 + 1]).await.problem(413, "file.too_large");
    assert_eq!(sent(&una, "../../etc/passwd", "x").await["name"], "passwd");
    assert_eq!(sent(&una, "C:\\a\\b.txt", "x").await["name"], "b.txt");
    let page = sent(&una, "page.html", html).await;
    let answer = una.get(&address(&page)).await;
    assert!(
        answer.header("content-disposition").is_some_and(|told| told.starts_with("attachment")),
        "{answer:?}"
    );
    let vector = sent(&una, "a.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").await;
    let answer = una.get(&address(&vector)).await;
    assert!(
        answer.header("content-disposition").is_some_and(|told| told.starts_with("attachment")),
        "{answer:?}"
    );

    let raw = |kind: &str, body: &'static str| {
        una.request(Method::POST, "/api/files").header("content-type", kind).body(body)
    };
    for (kind, body, code) in [
        ("application/json", "{}", "file.missing"),
        ("multipart/form-data", "x", "file.missing"),
        ("multipart/form-data; boundary=b", "", "file.broken"),
        ("multipart/form-data; boundary=b", "--b--\r\n", "file.missing"),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhalf",
            "file.broken",
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n",
            "file.missing",
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"other\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n",
            "file.missing",
        ),
    ] {
        una.send(raw(kind, body)).await.problem(400, code);
    }
    let part = Part::bytes(b"x".to_vec()).file_name("a.txt");
    let anonymous = server.unknown();
    let request = anonymous.request(Method::POST, "/api/files").multipart(Form::new().part("file", part));
    anonymous.send(request).await.problem(401, "session.required");
    assert_eq!(kept(&server).len(), 4, "nothing is left of what was refused: {:?}", kept(&server));
}

/// A picture whose header says 10,000 by 10,000 pixels.
fn bomb() -> Vec<u8> {
    let mut bytes = PNG.to_vec();
    bytes[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let mut crc = u32::MAX;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

async fn pictures_are_shown_small_and_bombs_are_not_opened(backend: Backend) {
    let (server, _, [una, vic]) = cases(backend).await;
    let told = send(&una, "bomb.png", bomb()).await.problem(422, "file.too_many_pixels");
    assert!(told["detail"].as_str().is_some_and(|said| said.contains("64")), "{told:#}");
    let picture = sent(&una, "a.png", PNG).await;
    let small = format!("{}?thumb=1", address(&picture));
    let answer = una.get(&small).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/png")));
    assert!(
        answer.header("content-disposition").is_some_and(|told| told.starts_with("inline")),
        "{answer:?}"
    );
    assert!(bytes_of(&una, &small).await.starts_with(b"\x89PNG"));
    vic.get(&small).await.problem(404, "file.not_found");
    let text = sent(&una, "a.txt", "a").await;
    una.get(&format!("{}?thumb=1", address(&text))).await.problem(404, "file.no_thumbnail");
    let broken = sent(&una, "b.png", [&PNG[..45], &[0; 40]].concat()).await;
    for _ in 0..2 {
        una.get(&format!("{}?thumb=1", address(&broken))).await.problem(404, "file.no_thumbnail");
    }
    assert_eq!(kept(&server).iter().filter(|path| path.to_string_lossy().ends_with(".small")).count(), 2);
}

async fn what_nobody_attached_is_swept_and_what_history_names_is_kept(backend: Backend) {
    let (server, admin, [una, _]) = cases(backend).await;
    let (loose, held) = (sent(&una, "a.txt", "a").await, sent(&una, "b.txt", "b").await);
    let case = una.create("case", &json!({ "name": "一", "papers": [held] })).await;
    let path = path_of("case", &case);
    let moment = case["updated_at"].as_str().expect("an instant").to_owned();
    admin.post("/api/clock", &json!({ "advance": "2h" })).await.expect(200);
    let taken_off = una.patch(&path, &json!({ "papers": null })).await.expect(200);
    assert_eq!(taken_off.get("papers"), None);
    assert_eq!(bytes_of(&una, &address(&loose)).await, b"a");

    admin.post("/api/clock", &json!({ "advance": "25h" })).await.expect(200);
    una.get(&address(&loose)).await.problem(404, "file.not_found");
    assert_eq!(kept(&server).len(), 1, "{:?}", kept(&server));
    assert_eq!(bytes_of(&una, &address(&held)).await, b"b", "history names it");
    let was = una.get(&format!("{path}?as_of={moment}")).await.expect(200);
    assert_eq!(was["papers"], json!([held]));
    let history = una.get(&format!("{path}/history")).await.expect(200);
    assert_eq!(history["items"][0]["changes"][0]["from"], json!([held]), "{history:#}");
    let undone = una.post(&format!("{path}/undo"), &json!({ "change": history["items"][0]["seq"] })).await;
    assert_eq!(undone.expect(200)["papers"], json!([held]));
}

async fn a_file_of_many_records_is_read_by_each_of_their_owners(backend: Backend) {
    let (_server, admin, [una, vic]) = cases(backend).await;
    let paper = sent(&admin, "模板.txt", "a").await;
    let (me, other) = (una.get("/api/me").await.expect(200), vic.get("/api/me").await.expect(200));
    let case = |owner: &Value| json!({ "op": "create", "record": { "name": "一", "papers": [paper], "owner": owner["id"] } });
    // More than are looked at in one go; the only one of the other clerk is the last.
    let mut operations: Vec<Value> = (0..450).map(|_| case(&me)).collect();
    let batch = async |operations: &[Value]| {
        let made = admin
            .post("/api/entities/case/batch", &json!({ "operations": operations, "atomic": true }))
            .await;
        assert_eq!(made.status, 200, "{made:?}");
    };
    batch(&operations).await;
    vic.get(&address(&paper)).await.problem(404, "file.not_found");
    operations = vec![case(&other)];
    batch(&operations).await;
    assert_eq!(bytes_of(&vic, &address(&paper)).await, b"a");
    vic.create("case", &json!({ "name": "二", "papers": [paper] })).await;
}

async fn pictures_of_a_rich_text_are_held_as_files_are(backend: Backend) {
    let (_server, admin, [una, vic]) = cases(backend).await;
    let (mine, hers) = (sent(&una, "a.png", PNG).await, sent(&vic, "b.png", PNG).await);
    let shows = |file: &Value| format!("<p>看</p><img src=\"{}\">", address(file));
    let case = una.create("case", &json!({ "name": "一", "note": shows(&mine) })).await;
    assert!(case["note"].as_str().is_some_and(|note| note.contains(&address(&mine))), "{case:#}");
    for text in [shows(&hers), shows(&hers).replace('/', "&#47;")] {
        let told = una.patch(&path_of("case", &case), &json!({ "note": text })).await;
        if told.status == 422 {
            told.violations(&["record.unknown_reference /note"]);
        }
        una.get(&address(&hers)).await.problem(404, "file.not_found");
        admin.get(&address(&hers)).await.problem(404, "file.not_found");
    }
    admin.post("/api/clock", &json!({ "advance": "26h" })).await.expect(200);
    assert_eq!(bytes_of(&admin, &address(&mine)).await, PNG, "the text holds it");
    vic.get(&address(&hers)).await.problem(404, "file.not_found");
}

async fn rows_name_files_by_their_names_and_come_back_by_ids(backend: Backend) {
    let (_server, admin, [una, _]) = cases(backend).await;
    for name in ["合同 1.txt", "a,b.txt", "付.txt", "双.txt", "双.txt"] {
        sent(&una, name, "x").await;
    }
    let sign = sent(&una, "签.png", PNG).await;
    sent(&admin, "别人的.txt", "x").await;
    let rows = "名称,附件,签名,步骤.凭证\n一,合同 1.txt、付.txt,签.png,\"a,b.txt\"\n二,没有.txt,,\n三,双.txt,,\n四,别人的.txt,,\n五,,付.txt、签.png,\n六,付.txt,,\n";
    let job = files::import(&una, "case", rows, &json!({})).await;
    assert_eq!(job["result"]["created"], json!(2), "{job:#}");
    let told: Vec<(&Value, &Value)> = job["result"]["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (&row["row"], &row["problems"][0]["code"]))
        .collect();
    let (unknown, several) = (json!("import.unknown_file"), json!("import.several_files"));
    let expected =
        [(&json!(3), &unknown), (&json!(4), &several), (&json!(5), &unknown), (&json!(6), &several)];
    assert_eq!(told, expected, "{job:#}");
    let page =
        una.get("/api/entities/case/records?sort=name&fields=name,papers,sign,steps").await.expect(200);
    let first = &page["items"][0];
    let names = |files: &Value| {
        let names = files.as_array().into_iter().flatten().filter_map(|file| file["name"].as_str());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&first["papers"]), ["合同 1.txt", "付.txt"]);
    assert_eq!((&first["sign"], names(&first["steps"][0]["proof"])), (&sign, vec!["a,b.txt".to_owned()]));

    let export = async |labels: &str| {
        let path = format!("/api/entities/case/export?format=csv&labels={labels}&sort=name");
        String::from_utf8(files::download(&admin, &path).await).expect("UTF-8")
    };
    let labelled = export("true").await;
    assert!(labelled.contains("合同 1.txt、付.txt") && labelled.contains("签.png"), "{labelled}");
    let exported = export("false").await;
    let ids: Vec<&str> =
        first["papers"].as_array().into_iter().flatten().filter_map(|file| file["id"].as_str()).collect();
    assert!(exported.contains(&ids.join(";")), "{exported}");
    let update = json!({ "mode": "update", "key": "id" });
    for text in [&exported, &labelled] {
        let again = files::import(&admin, "case", text.clone(), &update).await;
        assert_eq!((&again["result"]["unchanged"], &again["errors"]), (&json!(2), &json!(0)), "{again:#}");
    }
    let other = files::import(&admin, "case", labelled.replace("付.txt", "别的.txt"), &update).await;
    let told = &other["result"]["refused"][0]["problems"][0];
    assert_eq!(
        (&told["code"], &told["header"]),
        (&json!("import.unknown_file"), &json!("附件")),
        "{other:#}"
    );
}

async fn files_go_with_the_bin_and_come_back_with_it(backend: Backend) {
    let (server, admin, [una, _]) = cases(backend).await;
    let paper = sent(&una, "a.txt", "a").await;
    let case = una.create("case", &json!({ "name": "一", "papers": [paper] })).await;
    una.delete(&path_of("case", &case)).await.expect(204);
    admin.post("/api/clock", &json!({ "advance": "26h" })).await.expect(200);
    una.get(&address(&paper)).await.problem(404, "file.not_found");
    assert_eq!(kept(&server).len(), 1, "what lies in the bin may come back");
    admin.post(&format!("{}/restore", path_of("case", &case)), &json!({})).await.expect(204);
    assert_eq!(bytes_of(&una, &address(&paper)).await, b"a");
}

async fn it_is_proved_that_files_are_there(backend: Backend) {
    let (server, admin, [una, _]) = cases(backend).await;
    let paper = sent(&una, "a.txt", "abc").await;
    let case = una.create("case", &json!({ "name": "一", "papers": [paper] })).await;
    let proved =
        async |repair: bool| admin.post("/api/verify", &json!({ "repair": repair })).await.expect(200);
    assert_eq!(proved(false).await["differences"], json!(0));
    let lies = kept(&server).pop().expect("it lies in the folder");
    std::fs::write(&lies, "a").expect("it can be cut");
    let told = proved(true).await;
    assert_eq!(
        told["items"],
        json!([{ "entity": "case", "record": case["id"], "what": "papers" }]),
        "{told:#}"
    );
    std::fs::remove_file(&lies).expect("it can be removed");
    assert_eq!(proved(false).await["differences"], json!(1));
    una.get(&address(&paper)).await.problem(503, "file.unavailable");
    std::fs::write(&lies, "abc").expect("it can be brought back");
    assert_eq!(proved(false).await["differences"], json!(0));
}
