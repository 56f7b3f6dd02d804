//! What comes over the wire as no browser and no library would send it.

use kezhi_tests::{Backend, TestServer, image, on_both};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

on_both!(
    a_body_has_one_length,
    a_parameter_stands_once,
    nothing_that_is_sent_writes_lines_of_the_log,
    a_session_is_a_cookie_that_no_script_sees,
    a_session_begins_with_a_token_of_its_own,
);

/// Everything that is answered to bytes, until the server closes or has answered twice.
async fn raw(server: &TestServer, bytes: &str) -> String {
    let address = server.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.expect("the server listens");
    let request = bytes.replace("HOST", &address);
    stream.write_all(request.as_bytes()).await.expect("it is taken");
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(Ok(read)) =
        tokio::time::timeout(std::time::Duration::from_secs(2), stream.read(&mut piece)).await
    {
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

async fn a_body_has_one_length(backend: Backend) {
    let server = TestServer::start(backend).await;
    let head = "POST /api/session HTTP/1.1\r\nhost: HOST\r\ncontent-type: application/json\r\n";
    for (what, lengths) in [
        ("two lengths", "content-length: 2\r\ncontent-length: 3\r\n\r\n{}x"),
        ("a length that is none", "content-length: +2\r\n\r\n{}"),
        ("a list of lengths", "content-length: 2, 3\r\n\r\n{}x"),
        ("another encoding behind", "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ("a blank before the colon", "transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
        ("a chunk that is none", "transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"),
    ] {
        let answer = raw(&server, &format!("{head}{lengths}")).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer}");
    }
    // With both, chunks count, and what stands behind them is no second request.
    let both = "content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = raw(&server, &format!("{head}{both}GET /healthz HTTP/1.1\r\nhost: HOST\r\n\r\n")).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    server.unknown().get("/healthz").await.expect(200);
}

async fn a_parameter_stands_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    for query in ["limit=1&limit=2", "sort=name&sort=-name", "where=&where={}"] {
        mia.get(&format!("/api/entities/customer/records?{query}")).await.problem(400, "query.repeated");
    }
    for path in ["/api/search?q=a&q=b", "/api/tasks?box=todo&box=done", "/api/runs?limit=1&limit=2"] {
        assert_eq!(mia.get(path).await.status, 400, "{path}");
    }
}

/// A line of the log begins where the server begins it.
async fn nothing_that_is_sent_writes_lines_of_the_log(backend: Backend) {
    let server = TestServer::start(backend).await;
    let forged = "\n2026-01-01T00:00:00Z ERROR forged: an administrator was removed\r\n\u{1b}[2J";
    let unknown = server.unknown();
    unknown
        .post("/api/session", &json!({ "login": forged, "password": forged }))
        .await
        .problem(401, "session.wrong_password");
    let admin = server.sign_in("admin").await;
    let _ = admin.post("/api/entities/customer/records", &json!({ "name": forged, "nope": forged })).await;
    let _ = admin.get("/api/entities/x%0A2026%20ERROR%20forged:/records").await;
    let _ = admin.send(admin.request(Method::GET, "/api/me").header("user-agent", "a\tforged: b")).await;
    let _ = admin.put("/api/draft/entities/customer", forged).await;
    let log = server.log();
    assert!(
        !log.lines().any(|line| line.contains("ERROR forged:") && line.starts_with("2026-01-01")),
        "{log}"
    );
    assert!(!log.contains('\u{1b}'), "{log}");
}

async fn a_session_is_a_cookie_that_no_script_sees(backend: Backend) {
    let server = TestServer::start(backend).await;
    let credentials = json!({ "login": "mia", "password": image::PASSWORD });
    let answer = server.unknown().post("/api/session", &credentials).await;
    let cookie = answer.header("set-cookie").unwrap_or_default().to_owned();
    answer.expect(200);
    for said in ["HttpOnly", "SameSite=", "Path=/"] {
        assert!(cookie.contains(said), "{said}: {cookie}");
    }
    assert!(!cookie.contains("Domain="), "no other host gets it: {cookie}");
}

async fn a_session_begins_with_a_token_of_its_own(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (planted, credentials) =
        ("planted-by-somebody-else", json!({ "login": "mia", "password": image::PASSWORD }));
    let unknown = server.unknown();
    let request = unknown.request(Method::POST, "/api/session").header("cookie", format!("kezhi={planted}"));
    let answer = unknown.send(request.json(&credentials)).await;
    let first =
        answer.header("set-cookie").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
    answer.expect(200);
    assert!(!first.is_empty() && !first.contains(planted), "{first}");
    let planted = unknown.request(Method::GET, "/api/me").header("cookie", format!("kezhi={planted}"));
    unknown.send(planted).await.problem(401, "session.required");
    // Signing in again makes another one.
    let again = unknown.request(Method::POST, "/api/session").header("cookie", &first).json(&credentials);
    let again = unknown.send(again).await;
    let second =
        again.header("set-cookie").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
    again.expect(200);
    assert!(!second.is_empty() && second != first);
}
