//! More than anybody takes: announced and not sent, sent without end, or small outside and large inside.

use std::time::Duration;

use kezhi_tests::files::{import, send};
use kezhi_tests::{Backend, Client, TestServer, old_workbook, on_both, wait};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::kept;

on_both!(
    what_is_announced_as_larger_than_any_is_not_waited_for,
    what_never_ends_is_cut_off,
    many_files_at_once_take_no_more_memory_than_a_few,
    pictures_that_are_large_inside_are_opened_elsewhere,
    archives_are_kept_and_never_opened,
    an_old_workbook_that_claims_too_much_is_read_elsewhere,
    a_file_that_was_cut_off_leaves_nothing,
);

/// The most that is sent before giving up, in bytes.
const ENOUGH: usize = 400 * 1024 * 1024;
const CUSTOMERS: &str = "/api/entities/customer/records";
const MULTIPART: &str = "multipart/form-data; boundary=x";
const FILE: &str = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";

/// A request that is written by hand.
struct Flood<'a> {
    method: &'a str,
    path: &'a str,
    kind: &'a str,
    /// Other lines of its head, each with its end.
    head: String,
    begin: &'a str,
    /// What comes again and again; nothing more where it is empty.
    piece: Vec<u8>,
}

/// Sends it for as long as the server takes it. Gives the status and how many bytes were taken.
async fn pour(server: &TestServer, client: &Client, flood: &Flood<'_>) -> (u16, usize) {
    let token = client.get("/api/me").await.expect(200)["csrf_token"].as_str().unwrap_or_default().to_owned();
    let address = server.base().trim_start_matches("http://").to_owned();
    let head = format!(
        "{} {} HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\nx-csrf-token: {token}\r\ncontent-type: {}\r\n{}\r\n",
        flood.method,
        flood.path,
        client.cookie().unwrap_or_default(),
        flood.kind,
        flood.head
    );
    let (mut reader, mut writer) =
        TcpStream::connect(&address).await.expect("the server listens").into_split();
    let answered = tokio::spawn(async move {
        let mut answer = [0; 12];
        let read = tokio::time::timeout(Duration::from_secs(60), reader.read_exact(&mut answer)).await;
        read.expect("it is not waited for").expect("there is an answer");
        String::from_utf8_lossy(&answer[9..]).parse::<u16>().expect("a status")
    });
    let is_chunked = flood.head.contains("chunked");
    let framed = |bytes: &[u8]| match is_chunked {
        true => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
        false => bytes.to_vec(),
    };
    writer.write_all(head.as_bytes()).await.expect("the head is taken");
    if !flood.begin.is_empty() {
        writer.write_all(&framed(flood.begin.as_bytes())).await.expect("the beginning is taken");
    }
    let (piece, mut taken) = (framed(&flood.piece), 0);
    while !flood.piece.is_empty() && !answered.is_finished() && taken < ENOUGH {
        if writer.write_all(&piece).await.is_err() {
            break;
        }
        taken += flood.piece.len();
    }
    (answered.await.expect("it is answered"), taken)
}

async fn what_is_announced_as_larger_than_any_is_not_waited_for(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, admin) = (server.sign_in("mia").await, server.sign_in("admin").await);
    let before = server.peak();
    let (json, query) = ("application/json", "/api/entities/customer/query");
    for (client, method, path, kind) in [
        (&mia, "POST", CUSTOMERS, json),
        (&mia, "POST", "/api/entities/customer/batch", json),
        (&mia, "POST", query, json),
        (&mia, "POST", "/api/entities/customer/import", MULTIPART),
        (&mia, "POST", "/api/files", MULTIPART),
        (&admin, "PUT", "/api/draft/entities/customer", json),
    ] {
        for key in ["", "idempotency-key: k\r\n"] {
            let head = format!("content-length: 10737418240\r\n{key}");
            let begin = if kind == MULTIPART { FILE } else { "{" };
            let flood = Flood { method, path, kind, head, begin, piece: Vec::new() };
            assert_eq!(pour(&server, client, &flood).await.0, 413, "{method} {path} {key}");
        }
    }
    let after = server.peak();
    assert!(after < before + 16, "{before} MiB before, {after} MiB after");
    mia.create("customer", &json!({ "name": "甲" })).await;
}

async fn what_never_ends_is_cut_off(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let piece = vec![b'0'; 256 * 1024];
    let part = b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n".repeat(1_000);
    let imports = "/api/entities/customer/import";
    // A first one of each kind, so that what is made once is not counted.
    mia.create("customer", &json!({ "name": "甲" })).await;
    let form = Form::new().part("file", Part::bytes(b"1".to_vec()).file_name("a.bin"));
    mia.send(mia.request(Method::POST, "/api/files").multipart(form)).await.expect(201);
    import(&mia, "customer", "名称\n乙\n", &json!({})).await;
    let before = server.peak();
    // What was taken counts what waits in the buffers of the connection, some MiB on a machine that is busy.
    for (path, kind, begin, piece, status, most) in [
        (CUSTOMERS, "application/json", "{\"name\": \"", piece.clone(), 413, 32),
        ("/api/files", MULTIPART, FILE, piece.clone(), 413, 80),
        ("/api/files", MULTIPART, "--x\r\nx-long: ", piece.clone(), 400, 32),
        ("/api/files", MULTIPART, "", part.clone(), 400, 80),
        (imports, MULTIPART, "--x\r\nx-long: ", piece.clone(), 400, 32),
        (imports, MULTIPART, "", part, 400, 32),
        (
            imports,
            MULTIPART,
            "--x\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n",
            piece,
            413,
            32,
        ),
    ] {
        let head = "transfer-encoding: chunked\r\n".to_owned();
        let flood = Flood { method: "POST", path, kind, head, begin, piece };
        let (answered, taken) = pour(&server, &mia, &flood).await;
        assert_eq!(answered, status, "{path} {begin}");
        assert!(taken <= most * 1024 * 1024, "{path} {begin}: {taken} bytes were taken");
    }
    let after = server.peak();
    // What is held without end would be 400 MiB; files that are held up to their limit are seen when many come at once.
    assert!(after < before + 96, "{before} MiB before, {after} MiB after");
    let left = std::fs::read_dir(server.place().folder.path().join("uploads"));
    assert_eq!(left.map(Iterator::count).unwrap_or(0), 0, "nothing is left of what was refused");
}

async fn many_files_at_once_take_no_more_memory_than_a_few(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let bytes: Vec<u8> = (0..15_000_000_u32).map(|at| (at % 253) as u8).collect();
    let send = async || {
        let form = Form::new().part("file", Part::bytes(bytes.clone()).file_name("a.bin"));
        let answer = mia.send(mia.request(Method::POST, "/api/files").multipart(form)).await.expect(201);
        let path = format!("/api/files/{}", answer["id"].as_str().expect("an id"));
        let read = mia.request(Method::GET, &path).send().await.expect("an answer");
        assert!(read.bytes().await.expect("bytes") == bytes, "it comes back as it was sent");
    };
    send().await;
    let before = server.peak();
    futures_util::future::join_all((0..24).map(|_| send())).await;
    let after = server.peak();
    assert!(after < before + 96, "{before} MiB before, {after} MiB after 360 MB came and went");
}

/// A picture of one pixel that says it has 6,900 by 6,900.
fn swollen() -> Vec<u8> {
    let mut bytes = crate::http::PNG.to_vec();
    bytes[16..24].copy_from_slice(&[0, 0, 0x1a, 0xf4, 0, 0, 0x1a, 0xf4]);
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

async fn pictures_that_are_large_inside_are_opened_elsewhere(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let before = server.peak();
    let ask = async || {
        let form = Form::new().part("file", Part::bytes(swollen()).file_name("a.png"));
        let answer = mia.send(mia.request(Method::POST, "/api/files").multipart(form)).await.expect(201);
        let path = format!("/api/files/{}?thumb=1", answer["id"].as_str().expect("an id"));
        mia.get(&path).await.problem(404, "file.no_thumbnail");
    };
    futures_util::future::join_all((0..10).map(|_| ask())).await;
    let after = server.peak();
    // Ten at once would be 1,900 MiB; the memory of one goes back a moment after it was let go.
    assert!(after < before + 32, "{before} MiB before, {after} MiB after");
}

async fn archives_are_kept_and_never_opened(backend: Backend) {
    use std::io::Write;
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let packed =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let zeros = vec![0; 1024 * 1024];
    for name in ["../../etc/passwd", "[Content_Types].xml", "word/document.xml"] {
        archive.start_file(name, packed).expect("a part begins");
        (0..200).for_each(|_| archive.write_all(&zeros).expect("into memory"));
    }
    let bytes = archive.finish().expect("the archive ends").into_inner();
    let before = server.peak();
    for name in ["bomb.zip", "bomb.docx", "bomb.xlsx"] {
        let form = Form::new().part("file", Part::bytes(bytes.clone()).file_name(name));
        let answer = mia.send(mia.request(Method::POST, "/api/files").multipart(form)).await.expect(201);
        let path = format!("/api/files/{}?thumb=1", answer["id"].as_str().expect("an id"));
        mia.get(&path).await.problem(404, "file.no_thumbnail");
    }
    let after = server.peak();
    assert!(after < before + 16, "{before} MiB before, {after} MiB after");
}

async fn an_old_workbook_that_claims_too_much_is_read_elsewhere(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    import(&mia, "customer", old_workbook::bytes(&[(0, 0, "名称"), (1, 0, "甲")], (2, 1)), &json!({})).await;
    let before = server.peak();
    for bytes in [
        old_workbook::bytes(&[(0, 0, "名称"), (1, 0, "乙")], (u32::MAX, u16::MAX)),
        old_workbook::bytes(&[(0, 0, "名称"), (u16::MAX, u16::MAX, "乙")], (1, 1)),
        old_workbook::endless(),
    ] {
        send(&mia, "customer", bytes, &json!({})).await.problem(400, "file.unreadable");
    }
    let after = server.peak();
    assert!(after < before + 16, "{before} MiB before, {after} MiB after");
    mia.create("customer", &json!({ "name": "丙" })).await;
}

async fn a_file_that_was_cut_off_leaves_nothing(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let token = mia.get("/api/me").await.expect(200)["csrf_token"].as_str().unwrap_or_default().to_owned();
    let begin = async || {
        let address = server.base().trim_start_matches("http://");
        let mut socket = TcpStream::connect(address).await.expect("the server listens");
        let head = format!(
            "POST /api/files HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\nx-csrf-token: {token}\r\ncontent-type: {MULTIPART}\r\n\
             content-length: 9000000\r\n\r\n{FILE}",
            mia.cookie().unwrap_or_default()
        );
        socket.write_all(head.as_bytes()).await.expect("the head is taken");
        socket.write_all(&vec![b'0'; 3_000_000]).await.expect("some of it is taken");
        wait::until("some of it lies there", async || (!kept(&server).is_empty()).then_some(())).await;
        socket
    };
    drop(begin().await);
    wait::until("what came is removed", async || kept(&server).is_empty().then_some(())).await;

    let socket = begin().await;
    let server = TestServer::on(server.kill().await).await;
    drop(socket);
    assert_eq!(kept(&server).len(), 1, "the power went while it came");
    let admin = server.sign_in("admin").await;
    admin.post("/api/clock", &json!({ "advance": "26h" })).await.expect(200);
    assert_eq!(kept(&server).len(), 0, "{:?}", kept(&server));
}
