//! The workspace of a million: ten departments, a hundred owners, customers and their orders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kezhi_tests::client::Client;
use kezhi_tests::image::PASSWORD;
use serde_json::{Value, json};

use super::people::{Customer, Customers, DEPARTMENTS, ORDERS, OWNERS, order};
use crate::seeded::Dice;
use crate::workspace::publish;

/// Records of one batch.
pub const BATCH: usize = 1_000;
const APP: &str = "tests/benches/performance/million/app";
/// How many batches of orders are under way at once.
const LOADERS: usize = 2;

/// The workspace after loading.
pub struct Company {
    pub admin: Client,
    /// Headers of a request by somebody of the first department, who sees a tenth of the customers.
    pub staff: String,
    /// Headers of the administrator's requests.
    pub boss: String,
    /// Customers of the first department.
    pub visible: Arc<Vec<String>>,
    /// The number in the name of the next customer.
    pub next: Arc<AtomicU64>,
    /// How long the customers took to load through `/batch`, one caller.
    pub customers_in: Duration,
    /// How long the orders took, two callers.
    pub orders_in: Duration,
}

impl Company {
    /// Makes it all through the API.
    ///
    /// # Panics
    /// When the engine refuses any of it.
    pub async fn fill(address: &str, rows: usize) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let unknown = Client::unknown(http, &format!("http://{address}"));
        let setup = json!({ "title": "Million", "login": "admin", "password": PASSWORD });
        if unknown.post("/api/setup", &setup).await.status == 404 {
            return Self::known(address, &unknown, rows).await;
        }
        let admin = unknown.clone().sign_in("admin", PASSWORD).await;
        publish(&admin, APP).await;
        let owners = hire(&admin).await;
        let begun = Instant::now();
        let ids = customers(&admin, &owners, rows).await;
        let customers_in = begun.elapsed();
        let begun = Instant::now();
        let visible = visible(rows, &ids);
        orders(&admin, ids).await;
        let orders_in = begun.elapsed();
        let staff = unknown.sign_in("p0", PASSWORD).await;
        let (staff, boss) = (headers(address, &staff).await, headers(address, &admin).await);
        let next = Arc::new(AtomicU64::new(rows as u64));
        Self { admin, staff, boss, visible: Arc::new(visible), next, customers_in, orders_in }
    }

    /// A workspace that was filled before.
    async fn known(address: &str, unknown: &Client, rows: usize) -> Self {
        let admin = unknown.clone().sign_in("admin", PASSWORD).await;
        for (entity, least) in [("customer", rows), ("order", rows * ORDERS)] {
            let path = format!("/api/entities/{entity}/records?fields=id&count=exact&limit=1");
            let count = admin.get(&path).await.expect(200)["count"]["value"].as_u64();
            assert!(count >= Some(least as u64), "an earlier run loaded {count:?} of {entity}: begin anew");
        }
        let staff = unknown.clone().sign_in("p0", PASSWORD).await;
        let mut visible = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/api/entities/customer/records?fields=id&count=none&limit=500{after}");
            let page = staff.get(&path).await.expect(200);
            let items = page["items"].as_array().into_iter().flatten();
            visible.extend(items.filter_map(|item| item["id"].as_str().map(str::to_owned)));
            let Some(next) = page["next"].as_str().filter(|_| visible.len() < rows / DEPARTMENTS) else {
                break;
            };
            after = format!("&after={next}");
        }
        let (staff, boss) = (headers(address, &staff).await, headers(address, &admin).await);
        let next = Arc::new(AtomicU64::new(rows as u64));
        let time = Duration::ZERO;
        Self { admin, staff, boss, visible: Arc::new(visible), next, customers_in: time, orders_in: time }
    }

    /// The number of the next customer.
    pub fn number(next: &AtomicU64) -> u64 {
        next.fetch_add(1, Ordering::Relaxed)
    }
}

/// Departments and owners; the owners' ids. Owner `n` belongs to department `n % 10`.
async fn hire(admin: &Client) -> Vec<String> {
    for nth in 0..DEPARTMENTS {
        let department = json!({ "key": format!("d{nth}"), "title": format!("销售{nth}部") });
        admin.post("/api/departments", &department).await.expect(201);
    }
    let mut owners = Vec::with_capacity(OWNERS);
    for nth in 0..OWNERS {
        let person = json!({
            "login": format!("p{nth}"), "name": format!("销售{nth}"), "password": PASSWORD, "roles": ["staff"],
            "department": format!("d{}", nth % DEPARTMENTS),
        });
        let hired = admin.post("/api/users", &person).await.expect(201);
        owners.push(hired["id"].as_str().expect("a person has an id").to_owned());
    }
    owners
}

async fn customers(admin: &Client, owners: &[String], rows: usize) -> Vec<String> {
    let mut all = Customers::loaded();
    let mut ids = Vec::with_capacity(rows);
    while ids.len() < rows {
        let piece = all.by_ref().take(BATCH.min(rows - ids.len()));
        let operations: Vec<Value> = piece
            .map(|Customer { mut fields, owner }| {
                fields["owner"] = owners[owner].clone().into();
                json!({ "op": "create", "record": fields })
            })
            .collect();
        ids.extend(batch(admin, "customer", operations).await);
    }
    ids
}

async fn orders(admin: &Client, ids: Vec<String>) {
    let ids = Arc::new(ids);
    let next = Arc::new(AtomicU64::new(0));
    let loaders: Vec<_> =
        (0..LOADERS).map(|_| tokio::spawn(load_orders(admin.clone(), ids.clone(), next.clone()))).collect();
    for loader in loaders {
        loader.await.expect("every order is stored");
    }
}

async fn load_orders(admin: Client, ids: Arc<Vec<String>>, next: Arc<AtomicU64>) {
    let piece = BATCH / ORDERS;
    loop {
        let start = next.fetch_add(piece as u64, Ordering::Relaxed) as usize;
        if start >= ids.len() {
            return;
        }
        let mut dice = Dice::new(start as u32);
        let customers = start..ids.len().min(start + piece);
        let operations: Vec<Value> = customers
            .flat_map(|number| (0..ORDERS).map(move |nth| (number, nth)))
            .map(|(number, nth)| json!({ "op": "create", "record": order(&ids[number], number, nth, &mut dice) }))
            .collect();
        batch(&admin, "order", operations).await;
    }
}

/// Sends a batch and gives the ids.
async fn batch(admin: &Client, entity: &str, operations: Vec<Value>) -> Vec<String> {
    let sent = operations.len();
    let body = json!({ "operations": operations });
    let done = admin.post(&format!("/api/entities/{entity}/batch"), &body).await.expect(200);
    let results = done["results"].as_array().into_iter().flatten();
    let ids: Vec<_> = results.filter_map(|result| result["id"].as_str().map(str::to_owned)).collect();
    assert_eq!(ids.len(), sent, "every row is stored");
    ids
}

/// The ids of those whose owner belongs to the first department.
fn visible(rows: usize, ids: &[String]) -> Vec<String> {
    let owners = Customers::loaded().take(rows).map(|customer| customer.owner);
    let of_first = owners.zip(ids).filter(|(owner, _)| owner % DEPARTMENTS == 0);
    of_first.map(|(_, id)| id.clone()).collect()
}

/// What a request of a signed-in person begins with.
async fn headers(address: &str, person: &Client) -> String {
    let cookie = person.cookie().expect("whoever signed in has a cookie").to_owned();
    let me = person.get("/api/me").await.expect(200);
    let token = me["csrf_token"].as_str().expect("a session has a token");
    format!("Host: {address}\r\nCookie: {cookie}\r\nX-CSRF-Token: {token}\r\n")
}
