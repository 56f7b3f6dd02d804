//! The workspace that is measured: the small app in `app/`, one salesperson, many customers, and the questions asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kezhi_tests::client::Client;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::tree;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::caller::Requests;
use crate::limits::PAGE;
use crate::rows::customer;

const RECORDS: &str = "/api/entities/customer/records";
const TOTALS: &str = "/api/entities/customer/aggregate";
const APP: &str = "tests/benches/performance/app";
const LOGIN: &str = "sam";
/// Somebody who reads the same customers by a scope and a share rule, two of their fields covered.
const NARROW: &str = "nina";
/// Records of one batch.
const BATCH: u64 = 1_000;

/// A salesperson who has signed in, and the customers.
pub struct Workspace {
    address: String,
    session: String,
    /// The session of whoever reads within rights.
    narrow: String,
    ids: Arc<Vec<String>>,
    /// The number of the next customer.
    next: Arc<AtomicU64>,
    /// How long loading took.
    pub loaded_in: Duration,
}

impl Workspace {
    /// Makes the first administrator, publishes the app, hires the salesperson and loads `rows` customers.
    ///
    /// # Panics
    /// When the engine refuses any of it.
    pub async fn fill(address: &str, rows: u64) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let unknown = Client::unknown(http, &format!("http://{address}"));
        let setup = json!({ "title": "Bench", "login": "admin", "password": PASSWORD });
        unknown.post("/api/setup", &setup).await.expect(201);
        let admin = unknown.clone().sign_in("admin", PASSWORD).await;
        publish(&admin, APP).await;
        admin.post("/api/departments", &json!({ "key": "field", "title": "Field" })).await.expect(201);
        for (login, role) in [(LOGIN, "sales"), (NARROW, "desk")] {
            let person = json!({ "login": login, "name": login, "password": PASSWORD, "roles": [role], "department": "field" });
            admin.post("/api/users", &person).await.expect(201);
        }
        let sam = unknown.clone().sign_in(LOGIN, PASSWORD).await;
        let narrow = session(address, &unknown.sign_in(NARROW, PASSWORD).await).await;
        let begun = Instant::now();
        let ids = load(&sam, rows).await;
        let loaded_in = begun.elapsed();
        let session = session(address, &sam).await;
        let next = Arc::new(AtomicU64::new(rows));
        Self { address: address.to_owned(), session, narrow, ids: Arc::new(ids), next, loaded_in }
    }

    /// Where the engine listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Creates a customer of thirteen fields.
    pub fn creates(&self) -> Requests {
        let (session, next) = (self.session.clone(), self.next.clone());
        Arc::new(move |request| {
            let fields = customer(next.fetch_add(1, Ordering::Relaxed));
            write(request, &format!("POST {RECORDS}"), &session, Some(&fields));
        })
    }

    /// Reads one customer by id.
    pub fn gets(&self) -> Requests {
        let (session, ids) = (self.session.clone(), self.ids.clone());
        Arc::new(move |request| write(request, &format!("GET {RECORDS}/{}", any(&ids)), &session, None))
    }

    /// Reads the first page of an industry's customers above an amount, the largest first.
    pub fn lists(&self, count: &'static str) -> Requests {
        list_as(self.session.clone(), count)
    }

    /// The same by somebody who sees the same customers by rights.
    pub fn narrow_lists(&self) -> Requests {
        list_as(self.narrow.clone(), "none")
    }

    /// Counts all customers and sums their amounts by region, as whoever sees all, or within rights.
    pub fn totals(&self, is_narrow: bool) -> Requests {
        let session = if is_narrow { self.narrow.clone() } else { self.session.clone() };
        let body = json!({ "group_by": ["region"], "measures": [{ "count": "*" }, { "sum": "amount" }] });
        Arc::new(move |request| write(request, &format!("POST {TOTALS}"), &session, Some(&body)))
    }

    /// Changes one field of a customer.
    pub fn updates(&self) -> Requests {
        let (session, ids) = (self.session.clone(), self.ids.clone());
        Arc::new(move |request| {
            let fields = json!({ "staff": rand::rng().random_range(1..1_000_000) });
            write(request, &format!("PATCH {RECORDS}/{}", any(&ids)), &session, Some(&fields));
        })
    }
}

/// Reads the first page of an industry's customers above an amount, the largest first.
fn list_as(session: String, count: &str) -> Requests {
    let question = json!({ "all": [
        { "field": "industry", "op": "eq", "value": "finance" },
        { "field": "amount", "op": "gt", "value": "1000" },
    ] });
    let path = format!("{RECORDS}?where={}&sort=-amount&limit={PAGE}&count={count}", escaped(&question));
    Arc::new(move |request| write(request, &format!("GET {path}"), &session, None))
}

/// The headers of somebody who has signed in.
async fn session(address: &str, client: &Client) -> String {
    let cookie = client.cookie().expect("whoever signed in has a cookie").to_owned();
    let me = client.get("/api/me").await.expect(200);
    let token = me["csrf_token"].as_str().expect("a session has a token");
    format!("Host: {address}\r\nCookie: {cookie}\r\nX-CSRF-Token: {token}\r\n")
}

/// A `GET` without a session, for the bare server.
pub fn plain(address: &str, path: &str) -> Requests {
    let (line, headers) = (format!("GET {path}"), format!("Host: {address}\r\n"));
    Arc::new(move |request| write(request, &line, &headers, None))
}

/// One of them, any.
pub fn any(ids: &[String]) -> &str {
    ids.choose(&mut rand::rng()).expect("records were loaded")
}

/// Writes a request.
pub fn write(request: &mut Vec<u8>, line: &str, headers: &str, body: Option<&Value>) {
    request.extend_from_slice(format!("{line} HTTP/1.1\r\n{headers}").as_bytes());
    let body = body.map(Value::to_string).unwrap_or_default();
    let end = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    request.extend_from_slice(end.as_bytes());
    request.extend_from_slice(body.as_bytes());
}

/// JSON inside a query.
pub fn escaped(value: &Value) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.to_string().bytes().map(one).collect()
}

/// Puts every file of a folder into the draft and publishes it.
pub async fn publish(admin: &Client, app: &str) {
    let folder = tree::root().join(app);
    for file in tree::files(app, "") {
        let path =
            file.strip_prefix(&folder).expect("the file lies in the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a definition can be read");
        let name = if path == "manifest.json" { "manifest/manifest" } else { path.trim_end_matches(".json") };
        let answer = admin.put(&format!("/api/draft/{name}"), text).await;
        assert!(answer.status < 300, "{answer:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "to be measured" })).await.expect(201);
}

async fn load(sam: &Client, rows: u64) -> Vec<String> {
    let mut ids = Vec::new();
    for start in (0..rows).step_by(BATCH as usize) {
        let numbers = start..rows.min(start + BATCH);
        let operations: Vec<Value> =
            numbers.map(|number| json!({ "op": "create", "record": customer(number) })).collect();
        let done =
            sam.post("/api/entities/customer/batch", &json!({ "operations": operations })).await.expect(200);
        let results = done["results"].as_array().into_iter().flatten();
        ids.extend(results.filter_map(|result| result["id"].as_str().map(str::to_owned)));
    }
    assert_eq!(ids.len() as u64, rows, "every row was stored");
    ids
}
