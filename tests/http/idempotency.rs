//! `Idempotency-Key`: the same POST twice is one, whatever became of the first.

use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

on_both!(
    every_route_that_creates_answers_a_repetition,
    whoever_hangs_up_loses_nothing,
    an_answer_to_a_question_is_not_kept,
);

const SUBMISSIONS: &str = "/api/forms/customer/submissions";

fn filled(name: &str) -> Value {
    let number = name.bytes().fold(0_u32, |sum, byte| sum * 31 % 1_000_003 + u32::from(byte));
    json!({ "values": { "name": name, "phone": format!("138{number:08}") } })
}

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> kezhi_tests::Answer {
    let request = client.request(Method::POST, path).header("idempotency-key", key).json(body);
    client.try_send(request).await.expect("the server answers")
}

async fn count(client: &Client) -> Value {
    client.get("/api/entities/customer/records?count=exact").await.expect(200)["count"]["value"].clone()
}

async fn every_route_that_creates_answers_a_repetition(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    let saved = keyed(&ann, SUBMISSIONS, "form", &filled("a")).await.expect(201);
    let id = saved["id"].as_str().expect("a record has an id").to_owned();
    let batch = json!({ "operations": [{ "op": "create", "record": { "name": "b" } }], "atomic": false });
    let comments = format!("/api/entities/customer/records/{id}/comments");
    let said = json!({ "text": "好" });
    for (path, key, body, status) in [
        (SUBMISSIONS, "form", &filled("a"), 201),
        ("/api/entities/customer/batch", "batch", &batch, 200),
        (comments.as_str(), "comment", &said, 201),
    ] {
        let first = keyed(&ann, path, key, body).await;
        let again = keyed(&ann, path, key, body).await;
        assert_eq!((first.status, &first.body), (status, &again.body), "{path}");
        assert_eq!(again.header("idempotent-replay"), Some("true"), "{path}");
    }
    let other = keyed(&ann, SUBMISSIONS, "form", &filled("c")).await;
    other.problem(409, "idempotency.mismatch");
    assert_eq!(count(&ann).await, 2);
    let list = ann.get(&comments).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list:#}");
}

/// The one case the header is for: nobody heard the answer.
async fn whoever_hangs_up_loses_nothing(backend: Backend) {
    const MANY: usize = 20;
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;

    for number in 0..MANY {
        send_and_hang_up(&server, &ann, number).await;
    }
    for number in 0..MANY {
        let key = format!("key {number}");
        let answer = wait::until("the first request to come to its end", async || {
            let answer = keyed(&ann, SUBMISSIONS, &key, &filled(&key)).await;
            (answer.body["code"] != "idempotency.in_flight").then_some(answer)
        })
        .await;
        answer.expect(201);
    }
    assert_eq!(count(&ann).await, MANY);
}

async fn send_and_hang_up(server: &TestServer, client: &Client, number: usize) {
    let key = format!("key {number}");
    let request = client.request(Method::POST, SUBMISSIONS).build().expect("a request");
    let token = request.headers()["x-csrf-token"].to_str().expect("ASCII");
    let (body, cookie) = (filled(&key).to_string(), client.cookie().expect("signed in"));
    let address = server.base().trim_start_matches("http://");
    let text = format!(
        "POST {SUBMISSIONS} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nx-csrf-token: {token}\r\n\
         idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.expect("the server listens");
    socket.write_all(text.as_bytes()).await.expect("it listens");
    // A little later each time, so that some end before the claim, some in the work and some behind it.
    tokio::time::sleep(std::time::Duration::from_micros(300 * number as u64)).await;
}

async fn an_answer_to_a_question_is_not_kept(backend: Backend) {
    let server = TestServer::start(backend).await;
    let ann = server.sign_in("ann").await;
    let question = json!({ "count": "exact" });

    for expected in 0..2 {
        let page = keyed(&ann, "/api/entities/customer/query", "q", &question).await.expect(200);
        assert_eq!(page["count"]["value"], expected);
        keyed(&ann, SUBMISSIONS, &format!("s{expected}"), &filled(&format!("s{expected}"))).await;
    }
}
