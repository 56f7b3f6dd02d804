//! What the machine could do at most, measured in the same minute: the disk's syncs, and axum without an engine.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::rows;

/// The argument with which this program is a bare server instead.
pub const BARE: &str = "--bare";
/// Records of a page.
pub const PAGE: u64 = 50;

/// Syncs a second: 4 KiB appended to a file in `folder` and `fdatasync`, one after the other.
///
/// # Panics
/// When the folder cannot be written.
pub fn syncs(folder: &Path, time: Duration) -> f64 {
    let path = folder.join("syncs");
    let mut file = File::create(&path).expect("the folder can be written");
    let (block, begun, mut done) = ([7; 4_096], Instant::now(), 0_u32);
    while begun.elapsed() < time {
        file.write_all(&block).expect("the disk has room");
        file.sync_data().expect("the disk keeps what it is given");
        done += 1;
    }
    let rate = f64::from(done) / begun.elapsed().as_secs_f64();
    std::fs::remove_file(path).expect("our own file can be removed");
    rate
}

/// Serves one record at `/one` and a page of [`PAGE`] at `/page`, each written as JSON anew for every answer; never
/// ends by itself.
pub async fn serve_bare(port: u16) {
    let record = stored(1);
    let page: Vec<Value> = (0..PAGE).map(stored).collect();
    let router = Router::new()
        .route("/one", get(async move || Json(record.clone())))
        .route("/page", get(async move || Json(json!({ "items": page, "next": null, "count": null }))));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    axum::serve(listener, router).await.expect("serving goes on");
}

/// A record with what an engine adds to it.
fn stored(number: u64) -> Value {
    let id = "019aa0b0-0000-7000-8000-000000000000";
    let mut record = json!({
        "id": id, "version": 1, "created_at": "2026-03-01T08:00:00.000Z", "created_by": id,
        "updated_at": "2026-03-01T08:00:00.000Z", "updated_by": id, "owner": id,
    });
    let fields = rows::customer(number);
    let all = record.as_object_mut().expect("written as an object above");
    all.extend(fields.as_object().cloned().unwrap_or_default());
    record
}

/// The bare server as a process of its own, as the engine is.
pub struct Bare(Child);

impl Bare {
    /// Starts it on this port.
    ///
    /// # Panics
    /// When this program cannot be started a second time.
    pub fn start(port: u16) -> Self {
        let us = std::env::current_exe().expect("a program knows its own path");
        let mut command = Command::new(us);
        command.arg(BARE).arg(port.to_string()).stdin(Stdio::null());
        Self(command.spawn().expect("this program can be started"))
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
