//! Ways out that lead in: what a workspace may call, tried at the real server with a listener on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kezhi_tests::server::Place;
use kezhi_tests::{Backend, TestServer, image, on_both};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

on_both!(
    only_administrators_say_where_a_workspace_calls,
    nothing_of_this_machine_is_called,
    what_the_operator_allows_is_called,
    whoever_tries_too_often_waits,
);

const TRY: &str = "/api/outbound/try";

/// Answers every connection with a redirection to itself, and counts them.
async fn listener() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let answer = format!(
                "HTTP/1.1 307 Turn\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 2\r\n\r\nhi"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, heard)
}

async fn only_administrators_say_where_a_workspace_calls(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia) = (server.sign_in("admin").await, server.sign_in("mia").await);
    mia.get("/api/outbound").await.problem(403, "access.denied");
    mia.send(mia.request(reqwest::Method::PUT, "/api/outbound").json(&json!({ "allowed": [] })))
        .await
        .problem(403, "access.denied");
    mia.post(TRY, &json!({ "url": "https://example.com/" })).await.problem(403, "access.denied");
    server.unknown().get("/api/outbound").await.problem(401, "session.required");
    let put = async |allowed: Value| {
        admin
            .send(admin.request(reqwest::Method::PUT, "/api/outbound").json(&json!({ "allowed": allowed })))
            .await
    };
    let saved = put(json!(["erp.corp:8443", "10.1.0.0/16"])).await.expect(200);
    assert_eq!(saved, admin.get("/api/outbound").await.expect(200));
    assert_eq!(
        (&saved["allowed"], &saved["ports"]),
        (&json!(["erp.corp:8443", "10.1.0.0/16"]), &json!([80, 443, 8080, 8443]))
    );
    for (at, list) in [
        (0, json!(["localhost"])),
        (1, json!(["erp.corp", "127.0.0.1"])),
        (0, json!(["169.254.169.254"])),
        (0, json!(["[::1]:80"])),
        (0, json!(["0.0.0.0/0"])),
        (0, json!(["http://erp.corp"])),
    ] {
        let pointer = format!("outbound.entry /allowed/{at}");
        put(list).await.violations(&[pointer.as_str()]);
    }
    assert_eq!(admin.get("/api/outbound").await.expect(200), saved, "what is refused changes nothing");
}

async fn nothing_of_this_machine_is_called(backend: Backend) {
    let (port, heard) = listener().await;
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let allowed = json!({ "allowed": [format!("erp.corp:{port}"), format!("10.0.0.0/8:{port}")] });
    let answer = admin.send(admin.request(reqwest::Method::PUT, "/api/outbound").json(&allowed)).await;
    answer.expect(200);
    for (url, code) in [
        ("http://127.0.0.1:P/", "outbound.port"),
        ("http://127.0.0.1/", "outbound.inside"),
        ("http://localhost:8080/", "outbound.inside"),
        ("http://[::ffff:127.0.0.1]/", "outbound.inside"),
        ("http://2130706433/", "outbound.inside"),
        ("http://0x7f.1/", "outbound.inside"),
        ("http://169.254.169.254/latest/", "outbound.inside"),
        ("http://a:b@127.0.0.1/", "outbound.url"),
        ("file:///etc/passwd", "outbound.url"),
        ("http://does-not-exist.invalid/", "outbound.unresolved"),
    ] {
        let url = url.replace('P', &port.to_string());
        admin.post(TRY, &json!({ "url": url })).await.problem(422, code);
    }
    assert_eq!(heard.load(Ordering::SeqCst), 0);
}

async fn what_the_operator_allows_is_called(backend: Backend) {
    let (port, heard) = listener().await;
    let place: Place = image::of(backend).await.copy();
    let allowed = format!("127.0.0.1:{port}");
    let server = TestServer::launch_in(place, &["--demo"], &[("KEZHI_OUTBOUND_ALLOW", &allowed)]).await;
    let server = server.unwrap_or_else(|(why, _)| panic!("{why}"));
    let admin = server.sign_in("admin").await;
    let call = json!({ "url": format!("http://127.0.0.1:{port}/a?b=c"), "method": "POST", "headers": { "x-a": "1" }, "body": "x" });
    let reply = admin.post(TRY, &call).await.expect(200);
    assert_eq!((&reply["status"], &reply["body"], &reply["size"]), (&json!(307), &json!("hi"), &json!(2)));
    assert_eq!(heard.load(Ordering::SeqCst), 1, "a redirection is not followed");
    let other = json!({ "url": format!("http://127.0.0.2:{port}/") });
    admin.post(TRY, &other).await.problem(422, "outbound.port");
}

async fn whoever_tries_too_often_waits(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    for _ in 0..20 {
        admin.post(TRY, &json!({ "url": "http://127.0.0.1/" })).await.problem(422, "outbound.inside");
    }
    let refused = admin.post(TRY, &json!({ "url": "http://127.0.0.1/" })).await;
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    refused.problem(429, "outbound.too_often");
}
