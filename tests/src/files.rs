//! Files that go to an import, and what comes of them.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::wait;

/// Sends a file to an import; the answer is whatever comes at once.
pub async fn send(caller: &Client, entity: &str, bytes: impl Into<Vec<u8>>, options: &Value) -> Answer {
    let part = Part::bytes(bytes.into()).file_name("rows.csv");
    let form = Form::new().text("options", options.to_string()).part("file", part);
    let path = format!("/api/entities/{entity}/import");
    caller.send(caller.request(Method::POST, &path).multipart(form)).await
}

/// Imports a file that must be taken; gives the job once it has ended.
pub async fn import(caller: &Client, entity: &str, bytes: impl Into<Vec<u8>>, options: &Value) -> Value {
    let job = send(caller, entity, bytes, options).await.expect(202);
    wait::job(caller, &job).await
}

/// The bytes of a file that the server gives.
///
/// # Panics
/// When it gives none.
pub async fn download(caller: &Client, path: &str) -> Vec<u8> {
    let request = caller.request(Method::GET, path);
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.bytes().await.expect("the whole file comes").to_vec()
}
