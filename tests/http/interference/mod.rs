//! Non-interference: what somebody may not see changes no byte of any answer that they get. And an attacker who asks two
//! thousand questions to find a hidden number out learns nothing.
//!
//! One workspace is made and copied. In both copies the same things happen; only the values of what the watcher may not
//! see differ. Every route of the table is then asked the same on both, and the answers are compared whole: status,
//! headers, body. A route that changes something needs a question of its own in [`written`]; a new one without fails.

mod asks;
mod asks_of_people;
mod oracle;
mod timing;

use std::collections::BTreeMap;

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use self::asks::{Ask, Body, read, written};

on_both!(no_answer_moves_with_what_may_not_be_seen);

/// The ids that questions are about.
pub(super) struct World {
    pub own: String,
    pub foreign: String,
    pub order: String,
    pub task: String,
    pub run: String,
    pub watcher: String,
}

/// Everybody's own rows, without what the shop spends and earns.
fn watcher() -> Value {
    let hidden = json!({ "cost": "hidden", "budget": "hidden", "contract_no": "masked", "spent": "hidden", "orders": "hidden",
        "per_order": "hidden", "value": "hidden" });
    json!({ "title": "观察", "may": ["use_builder"], "menus": ["main"], "entities": {
        "customer": { "create": true, "read": "own", "update": "own", "delete": "own", "restore": "own", "export": "own",
                      "import": true, "share": "own", "merge": "own", "fields": hidden },
        "order": { "create": true, "read": "own", "update": "own", "fields": { "discount": "hidden" } },
        "visit": { "read": "own" } } })
}

/// The workspace, with its people and records.
pub(super) async fn made(backend: Backend) -> (Place, World) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let saved = admin.put("/api/draft/roles/watcher", watcher().to_string()).await.expect(201);
    assert_eq!(saved["diagnostics"], json!([]), "{saved:#}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let person = json!({ "login": "wu", "name": "吴", "password": PASSWORD, "roles": ["watcher"] });
    let watcher = admin.post("/api/users", &person).await.expect(201);
    let (wu, mia) = (server.sign_in("wu").await, server.sign_in("mia").await);
    let own = wu.create("customer", &json!({ "name": "Zebra", "phone": "13800001111", "notes": "a" })).await;
    let foreign = mia
        .create("customer", &json!({ "name": "Mule", "phone": "13800002222", "referrer": own["id"] }))
        .await;
    let line = |price: &str| json!([{ "product": "x", "quantity": 1, "price": price }]);
    let order = wu.create("order", &json!({ "customer": own["id"], "lines": line("5.00") })).await;
    mia.create("order", &json!({ "customer": own["id"], "lines": line("7.00"), "status": "paid" })).await;
    let task = wait::task(&wu, "联系").await;
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    let world = World {
        own: text(&own["id"]),
        foreign: text(&foreign["id"]),
        order: text(&order["id"]),
        task: text(&task["id"]),
        run: text(&task["run"]),
        watcher: text(&watcher["id"]),
    };
    let (_, place) = server.stop().await;
    (place, world)
}

/// Gives everything that the watcher may not see one of two values; which, no answer of theirs may tell.
async fn differ(server: &TestServer, world: &World, other: bool) {
    let admin = server.sign_in("admin").await;
    let pick = |one: &'static str, two: &'static str| if other { two } else { one };
    let own = path_of("customer", &json!(world.own));
    let foreign = path_of("customer", &json!(world.foreign));
    let hidden = json!({ "cost": pick("11.00", "99999.00"), "budget": pick("20000.00", "3.00"),
        "contract_no": pick("HT-0001", "HT-9871") });
    admin.patch(&own, &hidden).await.expect(200);
    let row = json!({ "name": pick("Alpha", "Quokka and friends"), "phone": pick("13911110000", "13722223333"),
        "industry": pick("retail", "food"), "notes": pick("x", "much longer than the other one"), "staff": if other { 9 } else { 4000 } });
    admin.patch(&foreign, &row).await.expect(200);
    let orders = admin.get("/api/entities/order/records?limit=500").await.expect(200);
    for order in orders["items"].as_array().into_iter().flatten() {
        let path = path_of("order", order);
        let change = if order["id"] == json!(world.order) {
            json!({ "discount": pick("0.10", "4.90") })
        } else {
            let price = pick("100.00", "987654.00");
            json!({ "lines": [{ "product": pick("y", "zz"), "quantity": 1, "price": price }], "status": pick("paid", "cancelled") })
        };
        admin.patch(&path, &change).await.expect(200);
    }
}

/// The routes of the table: method and path.
async fn routes(client: &Client) -> Vec<(String, String)> {
    let document = client.get("/api/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    assert!(paths.len() > 50, "the table of routes is told whole");
    let one = |(path, item): (String, Value)| {
        let methods: Vec<String> =
            item.as_object().into_iter().flatten().map(|(method, _)| method.clone()).collect();
        methods.into_iter().map(move |method| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.into_iter().flat_map(one).collect()
}

/// Everything that is asked, in the order in which it is asked: first what reads, then what changes something.
fn everything(routes: &[(String, String)], world: &World) -> Vec<Ask> {
    let (mut reading, mut writing, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (method, route) in routes {
        if method == "get" {
            reading.extend(read(route, world));
            continue;
        }
        match written(method, route, world) {
            Some(asks) => writing.extend(asks),
            None => unknown.push(format!("{method} {route}")),
        }
    }
    assert!(
        unknown.is_empty(),
        "routes without a probe of non-interference; give each a question in `written`: {unknown:#?}"
    );
    reading.into_iter().chain(writing).collect()
}

/// The whole answer as text: status, headers, body.
pub(super) async fn answered(client: &Client, ask: &Ask) -> String {
    let request = client.request(ask.method.clone(), &ask.path);
    let request = match &ask.body {
        Body::None => request,
        Body::Json(body) => request.json(body),
        Body::File(text) => {
            request.multipart(Form::new().part("file", Part::text(*text).file_name("rows.csv")))
        }
    };
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    let mut headers: Vec<String> = response
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    let body = response.bytes().await.expect("the answer is whole");
    format!("{status}\n{}\n\n{}", headers.join("\n"), String::from_utf8_lossy(&body))
}

/// The same with the clocks set: moments, and identifiers that were given since the copies were made, by their place.
#[derive(Default)]
struct Clocks(BTreeMap<String, usize>);

impl Clocks {
    fn set(&mut self, answer: &str, known: &[&str]) -> String {
        let mut set = String::with_capacity(answer.len());
        let mut rest = answer;
        while let Some(first) = rest.chars().next() {
            if let Some(length) = moment(rest) {
                set.push_str("<moment>");
                rest = &rest[length..];
            } else if let Some(length) = identifier(rest) {
                let id = &rest[..length];
                if known.contains(&id) {
                    set.push_str(id);
                } else {
                    let next = self.0.len();
                    let place = *self.0.entry(id.to_owned()).or_insert(next);
                    set.push_str(&format!("<id {place}>"));
                }
                rest = &rest[length..];
            } else {
                set.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        set
    }
}

/// `2026-11-22T08:00:00.000Z`
fn moment(text: &str) -> Option<usize> {
    fits(text, "dddd-dd-ddTdd:dd:dd.dddZ")
}

/// A UUID, or what secrets of sessions, of apps for codes, of pages, and hashes look like.
fn identifier(text: &str) -> Option<usize> {
    let secret = || fits(text, &"B".repeat(32));
    let of_digits = |count: usize| fits(text, &"h".repeat(count));
    let uuid = || fits(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh");
    of_digits(64).or_else(uuid).or_else(|| of_digits(32)).or_else(secret)
}

fn fits(text: &str, pattern: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..pattern.len())?;
    let fits = bytes.iter().zip(pattern.bytes()).all(|(byte, wanted)| match wanted {
        b'd' => byte.is_ascii_digit(),
        b'B' => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(byte),
        b'h' => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        other => *byte == other,
    });
    fits.then_some(pattern.len())
}

async fn no_answer_moves_with_what_may_not_be_seen(backend: Backend) {
    let (place, world) = made(backend).await;
    let (one, two) = (TestServer::on(place.copy()).await, TestServer::on(place).await);
    differ(&one, &world, false).await;
    differ(&two, &world, true).await;
    let known = [&world.own, &world.foreign, &world.order, &world.task, &world.run, &world.watcher]
        .map(String::as_str);
    let (here, there) = (one.sign_in("wu").await, two.sign_in("wu").await);
    let asks = everything(&routes(&here).await, &world);
    let (mut clock_here, mut clock_there) = (Clocks::default(), Clocks::default());
    let mut moved = Vec::new();
    for ask in &asks {
        let said = clock_here.set(&answered(&here, ask).await, &known);
        let other = clock_there.set(&answered(&there, ask).await, &known);
        assert!(!said.starts_with("500"), "{} {}: {said}", ask.method, ask.path);
        if said != other {
            moved.push(format!("{} {}\n--- one\n{said}\n--- the other\n{other}", ask.method, ask.path));
        }
    }
    assert!(
        moved.is_empty(),
        "{} of {} answers tell what may not be seen:\n{}",
        moved.len(),
        asks.len(),
        moved.join("\n\n")
    );

    // The same questions do tell the administrator: the probe sees what there is to see.
    let (here, there) = (one.sign_in("admin").await, two.sign_in("admin").await);
    let mut told = 0;
    for ask in asks.iter().filter(|ask| ask.method == Method::GET && ask.path.starts_with("/api/entities/")) {
        let (said, other) = (answered(&here, ask).await, answered(&there, ask).await);
        let said = clock_here.set(&said, &known);
        told += usize::from(said != clock_there.set(&other, &known));
    }
    assert!(told > 75, "only {told} answers of the administrator differ");
}
