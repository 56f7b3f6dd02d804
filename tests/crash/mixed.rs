//! Twenty-four callers at once do everything that can be done to records, while releases are published: what was acknowledged
//! is there, paging meets what stands still exactly once, rollups are what the records say, and `kezhi verify` finds nothing.
//!
//! `KEZHI_TEST_MIXED` says for how many seconds (5 when absent, 60 in `make soak`), `KEZHI_TEST_SEED` repeats the choices.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kezhi_tests::client::path_of;
use kezhi_tests::files::send;
use kezhi_tests::{Backend, Client, TestServer};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const CALLERS: usize = 24;
/// Visits that nobody changes.
const FIXED: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_leaves_a_true_store_on_sqlite() {
    everything_at_once(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_at_once_leaves_a_true_store_on_postgres() {
    everything_at_once(Backend::Postgres).await;
}

/// What one caller was told of records that nobody else touches.
#[derive(Debug, Default)]
struct Ledger {
    /// Customers that live, with their staff.
    living: BTreeMap<String, i64>,
    binned: BTreeMap<String, i64>,
    /// Orders that live, with their customer.
    orders: BTreeMap<String, String>,
    /// How often each thing was done.
    done: BTreeMap<&'static str, usize>,
}

struct Caller {
    number: usize,
    client: Client,
    random: StdRng,
    ledger: Ledger,
    names: usize,
}

async fn everything_at_once(backend: Backend) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("KEZHI_TEST_SEED").unwrap_or_else(|| rand::rng().random());
    let seconds = number("KEZHI_TEST_MIXED").unwrap_or(5);
    eprintln!("mixed test on {backend:?}: {seconds} s, KEZHI_TEST_SEED={seed}");
    let server = TestServer::start(backend).await;
    let people = [server.sign_in("mia").await, server.sign_in("noah").await];
    let admin = server.sign_in("admin").await;
    let fixed: Vec<Value> = (0..FIXED)
        .map(|number| json!({ "op": "create", "record": { "subject": format!("fixed {}", number % 7) } }))
        .collect();
    admin.post("/api/entities/visit/batch", &json!({ "operations": fixed })).await.expect(200);
    let end = Instant::now() + Duration::from_secs(seconds);
    let publisher = tokio::spawn(publish(admin.clone(), end));
    let callers: Vec<_> = (1..CALLERS)
        .map(|number| {
            let client = people[number % people.len()].clone();
            let random = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
            let caller = Caller { number, client, random, ledger: Ledger::default(), names: 0 };
            tokio::spawn(caller.work(end))
        })
        .collect();
    let mut ledgers = Vec::new();
    for caller in callers {
        ledgers.push(caller.await.expect("a caller is answered"));
    }
    let releases = publisher.await.expect("releases are published");
    let mut done: BTreeMap<&str, usize> = BTreeMap::from([("publish", releases)]);
    for (what, count) in ledgers.iter().flat_map(|ledger| &ledger.done) {
        *done.entry(*what).or_default() += *count;
    }
    eprintln!("{done:?}");
    assert!(releases > 0 && done.len() >= 10, "everything happened: {done:?}");
    hold(&admin, &ledgers).await;
    let said = server.place().command(&["verify"]).output().await.expect("the command runs");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!((said.status.code(), text.contains("agree")), (Some(0), true), "{text}\n{}", server.log());
}

/// Publishes release after release: an index comes and goes, so columns are made and filled below everybody's feet.
async fn publish(admin: Client, end: Instant) -> usize {
    let mut released = 0;
    while Instant::now() < end {
        let mut entity = admin.get("/api/draft/entities/customer").await.expect(200);
        entity["properties"]["website"]["x-index"] = json!(released % 2 == 0);
        entity["properties"]["notes"]["title"] = json!(format!("备注 {released}"));
        admin.put("/api/draft/entities/customer", entity.to_string()).await;
        admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
        released += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    released
}

impl Caller {
    async fn work(mut self, end: Instant) -> Ledger {
        while Instant::now() < end {
            let what = match self.random.random_range(0..20) {
                0..3 => self.create().await,
                3..7 => self.update().await,
                7 => self.delete().await,
                8 => self.restore().await,
                9 | 10 => self.order().await,
                11 => self.cancel().await,
                12 => self.batch().await,
                13 => self.batch_and_back().await,
                14 => self.bring_in_and_back().await,
                15 => self.by_condition().await,
                16 => self.aggregate().await,
                17 | 18 => self.page().await,
                _ => self.search().await,
            };
            *self.ledger.done.entry(what).or_default() += 1;
        }
        self.ledger
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("t{}n{}", self.number, self.names)
    }

    fn one_of(&mut self, of: &[String]) -> Option<String> {
        of.choose(&mut self.random).cloned()
    }

    fn mine(&mut self) -> Option<String> {
        let living: Vec<String> = self.ledger.living.keys().cloned().collect();
        self.one_of(&living)
    }

    async fn create(&mut self) -> &'static str {
        let name = self.name();
        let made = self.client.create("customer", &json!({ "name": name, "staff": 0 })).await;
        self.ledger.living.insert(made["id"].as_str().expect("an id").to_owned(), 0);
        "create"
    }

    async fn update(&mut self) -> &'static str {
        let Some(id) = self.mine() else { return self.create().await };
        let staff = self.ledger.living[&id] + 1;
        let path = path_of("customer", &json!(id));
        let now = self
            .client
            .patch(&path, &json!({ "staff": staff, "website": "https://a.cn/" }))
            .await
            .expect(200);
        assert_eq!(now["staff"], staff);
        self.ledger.living.insert(id, staff);
        "update"
    }

    async fn delete(&mut self) -> &'static str {
        let Some(id) = self.mine() else { return self.create().await };
        let answer = self.client.delete(&path_of("customer", &json!(id))).await;
        if self.ledger.orders.values().any(|customer| *customer == id) {
            answer.problem(409, "record.referenced");
            return "delete refused";
        }
        answer.expect(204);
        let staff = self.ledger.living.remove(&id).expect("it was there");
        self.ledger.binned.insert(id, staff);
        "delete"
    }

    async fn restore(&mut self) -> &'static str {
        let binned: Vec<String> = self.ledger.binned.keys().cloned().collect();
        let Some(id) = self.one_of(&binned) else { return self.create().await };
        let path = format!("{}/restore", path_of("customer", &json!(id)));
        self.client.post(&path, &json!({})).await.expect(204);
        let staff = self.ledger.binned.remove(&id).expect("it was in the bin");
        self.ledger.living.insert(id, staff);
        "restore"
    }

    async fn order(&mut self) -> &'static str {
        let Some(customer) = self.mine() else { return self.create().await };
        let price = format!("{}.{:02}", self.random.random_range(1..90), self.random.random_range(0..100));
        let lines = json!([{ "product": "p", "quantity": self.random.random_range(1..4), "price": price }]);
        let status = ["draft", "paid"].choose(&mut self.random);
        let made = self
            .client
            .create("order", &json!({ "customer": customer, "lines": lines, "status": status }))
            .await;
        self.ledger.orders.insert(made["id"].as_str().expect("an id").to_owned(), customer);
        "order"
    }

    async fn cancel(&mut self) -> &'static str {
        let orders: Vec<String> = self.ledger.orders.keys().cloned().collect();
        let Some(id) = self.one_of(&orders) else { return self.order().await };
        let path = path_of("order", &json!(id));
        if self.random.random_bool(0.5) {
            self.client.patch(&path, &json!({ "status": "cancelled" })).await.expect(200);
            return "cancel";
        }
        self.client.delete(&path).await.expect(204);
        self.ledger.orders.remove(&id);
        "delete an order"
    }

    async fn five(&mut self) -> Value {
        let customers: Vec<Value> = (0..5)
            .map(|_| json!({ "op": "create", "record": { "name": self.name(), "staff": 0 } }))
            .collect();
        let body = json!({ "operations": customers, "atomic": self.random.random_bool(0.5) });
        let done = self.client.post("/api/entities/customer/batch", &body).await.expect(200);
        assert_eq!(done["committed"], 5, "{done:#}");
        done
    }

    async fn batch(&mut self) -> &'static str {
        let done = self.five().await;
        let ids = done["results"].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str());
        self.ledger.living.extend(ids.map(|id| (id.to_owned(), 0)));
        "batch"
    }

    async fn batch_and_back(&mut self) -> &'static str {
        let done = self.five().await;
        let path = format!("/api/batches/{}/undo", done["batch"].as_str().expect("a batch"));
        let back = self.client.post(&path, &json!({})).await.expect(200);
        assert_eq!((&back["undone"], &back["skipped"]), (&json!(5), &json!([])), "{back:#}");
        "undo a batch"
    }

    async fn bring_in_and_back(&mut self) -> &'static str {
        // Imports of everybody wait for one another; a few are enough.
        if !self.number.is_multiple_of(6) {
            return self.aggregate().await;
        }
        let (one, two) = (self.name(), self.name());
        let rows = format!("name\n{one}\n{two}\n");
        let job = send(&self.client, "customer", rows, &json!({ "map": { "name": "name" } })).await;
        let job = self.ended(&job.expect(202)).await;
        assert_eq!((&job["state"], &job["result"]["created"]), (&json!("done"), &json!(2)), "{job:#}");
        let undo = format!("/api/imports/{}/undo", job["id"].as_str().expect("an id"));
        let undo = self.client.post(&undo, &json!({})).await.expect(202);
        let undone = self.ended(&undo).await;
        assert_eq!(
            (&undone["state"], &undone["result"]["deleted"]),
            (&json!("done"), &json!(2)),
            "{undone:#}"
        );
        "import and undo"
    }

    /// A job once it has ended. (`wait::job` takes a closure that the compiler does not let into a task.)
    async fn ended(&self, job: &Value) -> Value {
        let path = format!("/api/jobs/{}", job["id"].as_str().expect("a job has an id"));
        loop {
            let job = self.client.get(&path).await.expect(200);
            if !matches!(job["state"].as_str(), Some("queued" | "running")) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    async fn by_condition(&mut self) -> &'static str {
        let which = json!({ "field": "name", "op": "starts_with", "value": format!("t{}n", self.number) });
        let budget = format!("{}.00", self.random.random_range(1..9));
        let change = json!({ "where": which, "record": { "budget": budget } });
        let done = self.client.post("/api/entities/customer/update", &change).await.expect(200);
        assert_eq!(done["committed"], self.ledger.living.len(), "every living customer of mine");
        "by condition"
    }

    async fn aggregate(&mut self) -> &'static str {
        let question = json!({ "where": fixed(), "group_by": ["subject"], "measures": [{ "count": "*" }] });
        let told = self.client.post("/api/entities/visit/aggregate", &question).await.expect(200);
        let items = told["items"].as_array().cloned().unwrap_or_default();
        let sum: i64 = items.iter().filter_map(|item| item["count"].as_i64()).sum();
        assert_eq!((items.len(), sum), (7, FIXED as i64));
        "aggregate"
    }

    async fn page(&mut self) -> &'static str {
        let sort = [json!(["subject"]), json!(["-subject"]), json!(["-created_at", "subject"]), json!([])];
        let sort = sort.choose(&mut self.random).cloned().unwrap_or_default();
        let (mut met, mut pages, mut after) = (BTreeSet::new(), 0, Value::Null);
        loop {
            let limit = self.random.random_range(20..90);
            let page = json!({ "where": fixed(), "sort": sort, "limit": limit, "after": after });
            let page = self.client.post("/api/entities/visit/query", &page).await.expect(200);
            for item in page["items"].as_array().into_iter().flatten() {
                assert!(met.insert(item["id"].to_string()), "met twice: {item:#}");
            }
            (pages, after) = (pages + 1, page["next"].clone());
            if after.is_null() {
                break;
            }
        }
        assert_eq!(met.len(), FIXED, "in {pages} pages by {sort}");
        "page"
    }

    async fn search(&mut self) -> &'static str {
        let name = self.name();
        let made = self.client.create("customer", &json!({ "name": name, "staff": 0 })).await;
        self.ledger.living.insert(made["id"].as_str().expect("an id").to_owned(), 0);
        let found = self
            .client
            .get(&format!("/api/entities/customer/records?q={name}&fields=name"))
            .await
            .expect(200);
        let found = found["items"].as_array().into_iter().flatten().any(|item| item["id"] == made["id"]);
        assert!(found, "{name} is found at once");
        "search"
    }
}

fn fixed() -> Value {
    json!({ "field": "subject", "op": "starts_with", "value": "fixed " })
}

/// Every record of an entity that fulfils the condition.
async fn all(admin: &Client, entity: &str, condition: Value) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let question = json!({ "where": condition, "limit": 500, "after": after, "count": "none" });
        let page = admin.post(&format!("/api/entities/{entity}/query"), &question).await.expect(200);
        found.extend(page["items"].as_array().cloned().unwrap_or_default());
        after = page["next"].clone();
        if after.is_null() {
            return found;
        }
    }
}

/// What is there is what everybody was told, and rollups are what the orders say.
async fn hold(admin: &Client, ledgers: &[Ledger]) {
    let always = json!({ "all": [] });
    let customers = all(admin, "customer", always.clone()).await;
    let there: BTreeMap<&str, i64> = customers
        .iter()
        .map(|customer| {
            (customer["id"].as_str().unwrap_or_default(), customer["staff"].as_i64().unwrap_or(-1))
        })
        .collect();
    let told: BTreeMap<&str, i64> = ledgers
        .iter()
        .flat_map(|ledger| ledger.living.iter().map(|(id, staff)| (id.as_str(), *staff)))
        .collect();
    assert_eq!(there, told, "customers that were acknowledged");
    let orders = all(admin, "order", always.clone()).await;
    let there: BTreeSet<&str> = orders.iter().filter_map(|order| order["id"].as_str()).collect();
    let told: BTreeSet<&str> =
        ledgers.iter().flat_map(|ledger| ledger.orders.keys().map(String::as_str)).collect();
    assert_eq!(there, told, "orders that were acknowledged");
    let visits = all(admin, "visit", always).await;
    assert_eq!(visits.len(), FIXED, "nobody touches visits");
    for customer in &customers {
        let mine: Vec<&Value> = orders.iter().filter(|order| order["customer"] == customer["id"]).collect();
        let paid = mine.iter().filter(|order| order["status"] == "paid");
        let spent: i64 = paid.map(|order| cents(&order["amount"])).sum();
        assert_eq!(
            (customer["orders"].as_i64(), cents(&customer["spent"])),
            (Some(mine.len() as i64), spent),
            "{customer:#}"
        );
    }
}

fn cents(money: &Value) -> i64 {
    money.as_str().unwrap_or("0").replace('.', "").parse().expect("money with two decimals")
}
