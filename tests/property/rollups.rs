//! Rollups after whatever can happen to records: every aggregate, with conditions, over one relation, over many and over
//! rollups, is what the records say, reckoned here once more from a list of them.
//!
//! `KEZHI_TEST_DEPTH` multiplies the number of steps (1 when absent), `KEZHI_TEST_SEED` repeats a run.

use kezhi_tests::client::path_of;
use kezhi_tests::files::import;
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both, wait};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

on_both!(rollups_are_what_the_records_say_whatever_happens);

/// Steps between two comparisons.
const STRIDE: usize = 6;
const STEPS: usize = 90;

/// A region of accounts of deals; a deal is also shared by partners.
async fn app(admin: &Client) {
    let rollup = |entity: &str, via: &str, aggregate: &str, field: Option<&str>, condition: Value| {
        let mut rollup = json!({ "entity": entity, "via": via, "aggregate": aggregate });
        if let Some(field) = field {
            rollup["field"] = json!(field);
        }
        if aggregate == "last" {
            rollup["by"] = json!("closed_on");
        }
        if !condition.is_null() {
            rollup["where"] = condition;
        }
        let mut field =
            json!({ "title": format!("{aggregate} {via}"), "x-kind": "rollup", "x-rollup": rollup });
        if aggregate == "avg" {
            field["x-scale"] = json!(4);
        }
        field
    };
    let won = json!({ "field": "stage", "op": "eq", "value": "won" });
    let none = Value::Null;
    let region = json!({ "title": "大区", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "accounts": rollup("account", "region", "count", None, none.clone()),
        "total": rollup("account", "region", "sum", Some("won"), none.clone()),
        "best": rollup("account", "region", "max", Some("deals"), none.clone()) } });
    let account = json!({ "title": "客户", "properties": {
        "name": { "title": "名称", "x-kind": "text", "x-unique": true },
        "region": { "title": "大区", "x-kind": "relation", "x-relation": { "entity": "region", "on_delete": "clear" } },
        "deals": rollup("deal", "account", "count", None, none.clone()),
        "won": rollup("deal", "account", "sum", Some("amount"), won.clone()),
        "mean": rollup("deal", "account", "avg", Some("amount"), none.clone()),
        "least": rollup("deal", "account", "min", Some("amount"), won),
        "most": rollup("deal", "account", "max", Some("seats"), none.clone()),
        "latest": rollup("deal", "account", "last", Some("stage"), none.clone()),
        "shared": rollup("deal", "partners", "sum", Some("amount"), none) } });
    let deal = json!({ "title": "商机", "properties": {
        "code": { "title": "编号", "x-kind": "text", "x-unique": true },
        "amount": { "title": "金额", "x-kind": "money" },
        "seats": { "title": "席位", "x-kind": "integer" },
        "stage": { "title": "阶段", "x-kind": "choice", "enum": ["open", "won", "lost"] },
        "closed_on": { "title": "成交日", "x-kind": "date" },
        "account": { "title": "客户", "x-kind": "relation", "x-relation": { "entity": "account", "on_delete": "cascade" } },
        "partners": { "title": "伙伴", "x-kind": "relations", "x-relation": { "entity": "account", "on_delete": "clear" } } } });
    for (path, file) in [("entities/region", region), ("entities/account", account), ("entities/deal", deal)]
    {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300, "{path}: {saved:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "" })).await.expect(201);
}

/// What a run has to work with.
struct Story {
    admin: Client,
    random: StdRng,
    regions: Vec<Value>,
    accounts: Vec<Value>,
    deals: Vec<Value>,
    /// Batches and imports that may be taken back, with the route that does it.
    undoable: Vec<String>,
    codes: usize,
    /// What was done, for whoever looks for the step that was wrong.
    told: Vec<String>,
}

impl Story {
    fn fields(&mut self) -> Value {
        let random = &mut self.random;
        let mut fields = json!({});
        if random.random_bool(0.8) {
            let whole = random.random_range(0..50);
            let amount = format!("{whole}.{:02}", [0, 1, 33, 99][random.random_range(0..4)]);
            fields["amount"] = if random.random_bool(0.1) { Value::Null } else { json!(amount) };
        }
        if random.random_bool(0.6) {
            fields["seats"] = json!(random.random_range(-3..9));
        }
        if random.random_bool(0.6) {
            fields["stage"] = json!(*pick(random, &["open", "won", "lost"]));
        }
        if random.random_bool(0.6) {
            fields["closed_on"] =
                json!(format!("2026-0{}-1{}", random.random_range(1..9), random.random_range(0..9)));
        }
        if random.random_bool(0.5) {
            fields["account"] =
                if random.random_bool(0.1) { Value::Null } else { json!(self.accounts.choose(random)) };
        }
        if random.random_bool(0.3) {
            let count = random.random_range(0..3);
            let partners: Vec<&Value> = self.accounts.choose_multiple(random, count).collect();
            fields["partners"] = json!(partners);
        }
        fields
    }

    fn code(&mut self) -> String {
        self.codes += 1;
        format!("D{}", self.codes)
    }

    fn some(&mut self, of: &str) -> Value {
        let known = if of == "account" { &self.accounts } else { &self.deals };
        known.choose(&mut self.random).cloned().unwrap_or(Value::Null)
    }

    /// Records may lie in the bin, and a record may have changed: then nothing happens, which is as good a step.
    fn expected(&mut self, what: &str, answer: &Answer) -> bool {
        self.told.push(format!("{what}: {}", answer.status));
        let fine = matches!(answer.status, 200 | 201 | 204 | 404 | 409 | 422);
        assert!(fine, "{what}: {answer:?}");
        answer.status < 300
    }

    async fn step(&mut self) {
        match self.random.random_range(0..16) {
            0 | 1 => {
                let mut fields = self.fields();
                fields["code"] = json!(self.code());
                let made = self.admin.post("/api/entities/deal/records", &fields).await;
                if self.expected("create", &made) {
                    self.deals.push(made.body["id"].clone());
                }
            }
            2 | 3 => {
                let (deal, fields) = (self.some("deal"), self.fields());
                let answer = self.admin.patch(&path_of("deal", &deal), &fields).await;
                self.expected("update", &answer);
            }
            4 => {
                let deal = self.some("deal");
                let answer = self.admin.delete(&path_of("deal", &deal)).await;
                self.expected("delete", &answer);
            }
            5 | 6 => {
                let (entity, id) = if self.random.random_bool(0.5) {
                    ("deal", self.some("deal"))
                } else {
                    ("account", self.some("account"))
                };
                let answer = self.admin.post(&format!("{}/restore", path_of(entity, &id)), &json!({})).await;
                self.expected("restore", &answer);
            }
            7 => {
                let account = self.some("account");
                let answer = self.admin.delete(&path_of("account", &account)).await;
                self.expected("delete an account", &answer);
            }
            8 => {
                let account = self.some("account");
                let region = self.regions.choose(&mut self.random).cloned();
                let answer =
                    self.admin.patch(&path_of("account", &account), &json!({ "region": region })).await;
                self.expected("move an account", &answer);
            }
            9 | 10 => self.batch().await,
            11 => self.by_condition().await,
            12 => self.undo_one().await,
            13 => self.bring_in().await,
            _ => self.take_back().await,
        }
    }

    async fn batch(&mut self) {
        let mut operations = Vec::new();
        for _ in 0..self.random.random_range(1..8) {
            let (deal, fields) = (self.some("deal"), self.fields());
            operations.push(match self.random.random_range(0..4) {
                0 => {
                    let mut fields = fields;
                    fields["code"] = json!(self.code());
                    json!({ "op": "create", "record": fields })
                }
                1 => json!({ "op": "delete", "id": deal }),
                _ => json!({ "op": "update", "id": deal, "record": fields }),
            });
        }
        let body = json!({ "operations": operations, "atomic": self.random.random_bool(0.5) });
        let answer = self.admin.post("/api/entities/deal/batch", &body).await;
        if self.expected("batch", &answer) {
            let made = answer.body["results"].as_array().into_iter().flatten();
            self.deals.extend(made.filter(|one| one["status"] == 201).map(|one| one["id"].clone()));
            self.note_batch(&answer.body);
        }
    }

    fn note_batch(&mut self, body: &Value) {
        if let Some(batch) = body["batch"].as_str() {
            self.undoable.push(format!("/api/batches/{batch}/undo"));
        }
    }

    async fn by_condition(&mut self) {
        let seats = json!({ "field": "seats", "op": "gte", "value": self.random.random_range(0..8) });
        let fields = self.fields();
        let answer =
            self.admin.post("/api/entities/deal/update", &json!({ "where": seats, "record": fields })).await;
        if self.expected("by condition", &answer) {
            self.note_batch(&answer.body);
        }
    }

    async fn undo_one(&mut self) {
        let deal = self.some("deal");
        let history = self.admin.get(&format!("{}/history", path_of("deal", &deal))).await;
        let items = history.body["items"].as_array().cloned().unwrap_or_default();
        let Some(change) = items.choose(&mut self.random).map(|item| item["seq"].clone()) else { return };
        let answer =
            self.admin.post(&format!("{}/undo", path_of("deal", &deal)), &json!({ "change": change })).await;
        self.expected("undo a change", &answer);
    }

    async fn bring_in(&mut self) {
        let mut rows = String::from("code,amount,stage,account\n");
        for _ in 0..self.random.random_range(1..6) {
            let code = if self.random.random_bool(0.5) {
                self.code()
            } else {
                format!("D{}", self.random.random_range(1..=self.codes))
            };
            let stage = ["open", "won", "lost"][self.random.random_range(0..3)];
            let account = self.some("account");
            let account = account.as_str().unwrap_or_default();
            rows.push_str(&format!("{code},{}.50,{stage},{account}\n", self.random.random_range(0..90)));
        }
        let map = json!({ "code": "code", "amount": "amount", "stage": "stage", "account": "account" });
        let job = import(&self.admin, "deal", rows, &json!({ "key": ["code"], "map": map })).await;
        self.told.push(format!("import: {} {}", job["state"], job["result"]));
        if job["state"] == "done" {
            self.undoable.push(format!("/api/imports/{}/undo", job["id"].as_str().expect("an id")));
        }
        let all = self
            .admin
            .post("/api/entities/deal/query", &json!({ "limit": 500, "fields": ["code"], "count": "none" }))
            .await;
        for id in all.expect(200)["items"].as_array().into_iter().flatten().map(|item| &item["id"]) {
            if !self.deals.contains(id) {
                self.deals.push(id.clone());
            }
        }
    }

    async fn take_back(&mut self) {
        let Some(at) = (0..self.undoable.len()).collect::<Vec<_>>().choose(&mut self.random).copied() else {
            return;
        };
        let path = self.undoable.swap_remove(at);
        let answer = self.admin.post(&path, &json!({})).await;
        if answer.status == 202 {
            let job = wait::job(&self.admin, &answer.body).await;
            self.told.push(format!("undo an import: {}", job["result"]));
            return;
        }
        if self.expected("undo a batch", &answer) {
            // The undo may be taken back as well.
            self.note_batch(&answer.body);
        }
    }

    async fn all(&self, entity: &str) -> Vec<Value> {
        let question = json!({ "limit": 500, "count": "none" });
        let list = self.admin.post(&format!("/api/entities/{entity}/query"), &question).await.expect(200);
        assert_eq!(list["next"], Value::Null, "all of them are on one page");
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Holds every rollup to what the records say, and the engine's own proof beside it.
    async fn compare(&self) {
        let (regions, accounts, deals) =
            (self.all("region").await, self.all("account").await, self.all("deal").await);
        let story = || format!("\n{}", self.told.join("\n"));
        for account in &accounts {
            let expected = reckoned(account, &deals);
            for (key, value) in expected.as_object().expect("an object") {
                assert_eq!(&account[key.as_str()], value, "{key} of {account:#}{}", story());
            }
        }
        for region in &regions {
            let mine: Vec<&Value> =
                accounts.iter().filter(|account| account["region"] == region["id"]).collect();
            let total: i64 = mine.iter().map(|account| cents(&account["won"])).sum();
            let best = mine.iter().filter_map(|account| account["deals"].as_i64()).max();
            let told = json!([region["accounts"], region["total"], region["best"]]);
            assert_eq!(told, json!([mine.len(), text(total), best]), "{region:#}{}", story());
        }
        let proof = self.admin.post("/api/verify", &json!({})).await.expect(200);
        assert_eq!(proof["differences"], 0, "{proof:#}{}", story());
    }
}

fn pick<'a>(random: &mut StdRng, of: &'a [&'static str]) -> &'a &'static str {
    of.choose(random).expect("there is something to choose from")
}

fn cents(value: &Value) -> i64 {
    value.as_str().unwrap_or("0").replace('.', "").parse().expect("money with two decimals")
}

fn text(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The rollups of an account, from every living deal.
fn reckoned(account: &Value, deals: &[Value]) -> Value {
    let mine: Vec<&Value> = deals.iter().filter(|deal| deal["account"] == account["id"]).collect();
    let is_won = |deal: &&&Value| deal["stage"] == "won";
    let amounts = |deals: &[&Value]| -> Vec<i64> {
        deals.iter().filter(|deal| !deal["amount"].is_null()).map(|deal| cents(&deal["amount"])).collect()
    };
    let won: Vec<&Value> = mine.iter().filter(is_won).copied().collect();
    let (all, won) = (amounts(&mine), amounts(&won));
    // Two decimals more, halves away from zero; amounts are not negative.
    let mean = (!all.is_empty()).then(|| {
        let (sum, count) = (all.iter().sum::<i64>() * 100, all.len() as i64);
        let rounded = (2 * sum + count) / (2 * count);
        format!("{}.{:04}", rounded / 10_000, rounded % 10_000)
    });
    let shares = |deal: &&&Value| {
        deal["partners"].as_array().is_some_and(|partners| partners.contains(&account["id"]))
    };
    let shared: Vec<&Value> = deals.iter().collect();
    let shared: Vec<&Value> = shared.iter().filter(shares).copied().collect();
    json!({
        "deals": mine.len(),
        "won": text(won.iter().sum()),
        "mean": mean,
        "least": won.iter().min().map(|cents| text(*cents)),
        "most": mine.iter().filter_map(|deal| deal["seats"].as_i64()).max(),
        "shared": text(amounts(&shared).iter().sum()),
    })
}

async fn rollups_are_what_the_records_say_whatever_happens(backend: Backend) {
    let seed = std::env::var("KEZHI_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| rand::rng().random());
    let depth: usize = std::env::var("KEZHI_TEST_DEPTH").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    eprintln!("rollups on {backend:?}: KEZHI_TEST_SEED={seed}");
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    app(&admin).await;
    let mut story = Story {
        admin,
        random: StdRng::seed_from_u64(seed),
        regions: Vec::new(),
        accounts: Vec::new(),
        deals: Vec::new(),
        undoable: Vec::new(),
        codes: 0,
        told: vec![format!("KEZHI_TEST_SEED={seed}")],
    };
    for number in 0..2 {
        story
            .regions
            .push(story.admin.create("region", &json!({ "name": format!("r{number}") })).await["id"].clone());
    }
    for number in 0..5 {
        let region = story.regions.choose(&mut story.random).cloned();
        let account =
            story.admin.create("account", &json!({ "name": format!("a{number}"), "region": region })).await;
        story.accounts.push(account["id"].clone());
    }
    for _ in 0..12 {
        let mut fields = story.fields();
        fields["code"] = json!(story.code());
        let deal = story.admin.create("deal", &fields).await;
        story.deals.push(deal["id"].clone());
    }
    // Four hundred records are on one page, and a long story is as good as several.
    for step in 0..(STEPS * depth.min(4)) {
        story.step().await;
        if step % STRIDE == STRIDE - 1 {
            story.compare().await;
        }
    }
    let happened =
        |what: &str| story.told.iter().filter(|told| told.starts_with(what) && told.ends_with("200")).count();
    assert!(happened("undo a batch") + happened("undo a change") > 0, "{}", story.told.join("\n"));
}
