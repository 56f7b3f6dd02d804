//! One question, three judges: SQL on SQLite, SQL on PostgreSQL and the engine's own judgement. The interface's is held
//! to the engine's by `tests/cases/conditions.json` and the random cases of `shared`.
//!
//! `KEZHI_TEST_DEPTH` multiplies the number of questions (1 when absent), `KEZHI_TEST_SEED` repeats a run.

/// Random conditions and records.
mod make;
/// The engine's judgement over records that are all at hand.
mod world;

use std::collections::HashMap;

use kezhi_tests::{Backend, Client, TestServer};
use kezhi_types::{Caller, CallerKind, Fields, Id, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use self::make::{Maker, condition};
use self::world::World;

fn seed() -> u64 {
    let given = std::env::var("KEZHI_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| rand::rng().random());
    eprintln!("KEZHI_TEST_SEED={seed}");
    seed
}

fn depth() -> usize {
    std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A workspace with the same records as the other one, under ids of its own.
struct Filled {
    _server: TestServer,
    admin: Client,
    me: String,
    /// By entity, in the order in which they were made.
    ids: HashMap<&'static str, Vec<String>>,
}

impl Filled {
    async fn with(backend: Backend, maker: &Maker) -> Self {
        let server = TestServer::start(backend).await;
        let admin = server.sign_in("admin").await;
        let me = admin.get("/api/me").await.expect(200);
        let me = me["id"].as_str().or_else(|| me["user"]["id"].as_str()).expect("I have an id").to_owned();
        let mut filled = Self { _server: server, admin, me, ids: HashMap::new() };
        for (entity, records) in &maker.records {
            let mut ids = Vec::new();
            // What a record points at exists before it.
            for some in records.chunks(20) {
                let operations: Vec<Value> = some
                    .iter()
                    .map(|record| {
                        let known = HashMap::from([(*entity, ids.clone())]);
                        let record = filled.own(record, &known);
                        json!({ "op": "create", "record": record })
                    })
                    .collect();
                let path = format!("/api/entities/{entity}/batch");
                let done = filled.admin.post(&path, &json!({ "operations": operations })).await.expect(200);
                ids.extend(done["results"].as_array().into_iter().flatten().map(|result| {
                    result["id"].as_str().unwrap_or_else(|| panic!("{entity}: {result}")).to_owned()
                }));
            }
            filled.ids.insert(entity, ids);
        }
        filled
    }

    /// A value with the ids of this workspace: `@customer/3` is the fourth customer, `@me` is who asks.
    fn own(&self, value: &Value, more: &HashMap<&'static str, Vec<String>>) -> Value {
        match value {
            Value::String(text) if text == "@me" => json!(self.me),
            Value::String(text) if text.starts_with('@') => {
                let (entity, number) = text[1..].split_once('/').expect("an entity and a number");
                let number: usize = number.parse().expect("a number");
                let ids = more.get(entity).filter(|ids| number < ids.len()).or_else(|| self.ids.get(entity));
                json!(
                    ids.and_then(|ids| ids.get(number)).unwrap_or_else(|| panic!("{text} is not there yet"))
                )
            }
            Value::Array(items) => items.iter().map(|item| self.own(item, more)).collect(),
            Value::Object(map) => {
                map.iter().map(|(key, value)| (key.clone(), self.own(value, more))).collect()
            }
            other => other.clone(),
        }
    }

    /// Which records of an entity fulfil the condition, by their numbers.
    async fn ask(&self, entity: &str, condition: &Value) -> Vec<usize> {
        let question =
            json!({ "where": self.own(condition, &HashMap::new()), "limit": 500, "count": "none" });
        let answer = self.admin.post(&format!("/api/entities/{entity}/query"), &question).await;
        assert_eq!(answer.status, 200, "{condition}: {answer:?}");
        let known: HashMap<&str, usize> =
            self.ids[entity].iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let items = answer.body["items"].as_array().into_iter().flatten();
        let mut found: Vec<usize> = items.map(|item| known[item["id"].as_str().expect("an id")]).collect();
        found.sort_unstable();
        found
    }

    /// Every record as the engine stores it.
    async fn world(&self, maker: &Maker) -> World {
        let mut entities = HashMap::new();
        for (entity, _) in &maker.records {
            let path = format!("/api/entities/{entity}/query");
            let all = self.admin.post(&path, &json!({ "limit": 500, "count": "none" })).await.expect(200);
            let by_id: HashMap<String, Fields> = all["items"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|item| Some((item["id"].as_str()?.to_owned(), item.as_object()?.clone())))
                .collect();
            let rows = self.ids[entity].iter().map(|id| by_id[id].clone()).collect();
            entities.insert((*entity).to_owned(), rows);
        }
        let mut caller = Caller::system("test");
        caller.kind = CallerKind::Person;
        caller.id = self.me.parse::<Id>().expect("an id");
        World::new(entities, caller, now())
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp(i64::try_from(since.as_millis()).expect("not that late"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_on_both_databases_and_the_engine_judge_alike() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    let maker = Maker::new(&mut random, now(), &[("customer", 50), ("order", 60), ("visit", 30)]);
    let sqlite = Filled::with(Backend::Sqlite, &maker).await;
    let postgres = Filled::with(Backend::Postgres, &maker).await;
    let mut world = sqlite.world(&maker).await;
    let mut settled = 0;
    for _ in 0..70 * depth() {
        let entity = ["customer", "order", "visit"][random.random_range(0..3)];
        let asked = condition(&mut random, &maker, entity, 3);
        world.now = now();
        let judged = world.judge(entity, &sqlite.own(&asked, &HashMap::new()));
        let told = sqlite.ask(entity, &asked).await;
        assert_eq!(told, judged, "KEZHI_TEST_SEED={seed}: SQLite and the engine: {entity} {asked}");
        let told = postgres.ask(entity, &asked).await;
        assert_eq!(told, judged, "KEZHI_TEST_SEED={seed}: PostgreSQL and the engine: {entity} {asked}");
        settled += usize::from(!judged.is_empty() && judged.len() < sqlite.ids[entity].len());
    }
    assert!(settled >= 15, "KEZHI_TEST_SEED={seed}: too few questions told records apart: {settled}");
}
