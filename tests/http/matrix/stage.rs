//! The service inside this process, its people and rows; nothing listens, nothing is sent.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use kezhi_plugin::Channels;
use kezhi_runtime::clock::Clock;
use kezhi_runtime::scripts::WorkerCommand;
use kezhi_runtime::{Loops, Runtime, RuntimeConfig, RuntimeOptions};
use kezhi_server::app::App;
use kezhi_server::config::Settings;
use kezhi_tests::Backend;
use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::server::{Place, binary};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::policy::{self, FIELDS, POLICIES, Row};

/// The longest answer that is read.
const LONGEST: usize = 64 * 1024 * 1024;
/// What stands between the parts of a form.
const BOUNDARY: &str = "matrix-of-rights";

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub id: String,
    cookie: String,
    csrf: String,
}

/// What a request carries.
#[derive(Debug, Clone)]
pub(super) enum Carries {
    Nothing,
    Json(Value),
    /// Text as it is.
    Text(&'static str),
    /// A form with one file of this content.
    File(&'static str),
}

/// What was answered.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub status: u16,
    pub text: String,
    pub json: Value,
}

impl Told {
    /// The code of a refusal.
    pub(super) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }
}

/// The workspace under test.
pub(super) struct Stage {
    service: Router,
    people: BTreeMap<&'static str, Person>,
    rows: BTreeMap<(&'static str, Row), String>,
    /// Whoever works here and plays no part.
    pub bystander: String,
    loops: Loops,
    // Gone with the stage, after everything that uses it.
    _place: Place,
}

impl Stage {
    /// The image of the small app, with the entity, the roles, the people and the rows of the matrix.
    pub(super) async fn set(backend: Backend) -> Self {
        let place = image::of(backend).await.copy();
        let database = place.database.as_ref().map(kezhi_tests::postgres::Database::url);
        let settings = Settings::gather(place.folder.path().to_owned(), None, database);
        let settings = settings.expect("the settings of a test are in order");
        let runtime = opened(&settings).await;
        let loops = runtime.start_jobs();
        let service = kezhi_server::serve::service(App::new(runtime, settings, "unused".to_owned()));
        let (people, rows) = (BTreeMap::new(), BTreeMap::new());
        let bystander = String::new();
        let mut stage = Self { service, people, rows, bystander, loops, _place: place };
        stage.people.insert("admin", stage.sign_in("admin").await);
        stage.publish().await;
        stage.hire().await;
        stage.fill().await;
        stage
    }

    pub(super) async fn strike(self) {
        self.loops.stop().await;
    }

    pub(super) fn person(&self, actor: &str) -> &Person {
        self.people.get(actor).expect("everybody has signed in")
    }

    /// The id of a row as seen from an actor.
    pub(super) fn row(&self, actor: &'static str, row: Row) -> &str {
        let whose = if row == Row::Own { actor } else { "" };
        self.rows.get(&(whose, row)).expect("every row is there")
    }

    /// Asks, as somebody or as nobody.
    pub(super) async fn ask(
        &self,
        who: Option<&Person>,
        (method, path, carries): (Method, &str, &Carries),
    ) -> Told {
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .extension(ConnectInfo(from));
        if let Some(person) = who {
            request = request.header(header::COOKIE, &person.cookie).header("x-csrf-token", &person.csrf);
        }
        let (kind, body) = match carries {
            Carries::Nothing => (None, Body::empty()),
            Carries::Json(body) => (Some("application/json".to_owned()), Body::from(body.to_string())),
            Carries::Text(text) => (Some("text/csv".to_owned()), Body::from(*text)),
            Carries::File(text) => (
                Some(format!("multipart/form-data; boundary={BOUNDARY}")),
                Body::from(format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"rows.csv\"\r\n\
                     Content-Type: text/csv\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
                )),
            ),
        };
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(body).expect("a request can be put together");
        let response = self.service.clone().oneshot(request).await.expect("a router always answers");
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), LONGEST).await.expect("the answer is whole");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Told { status, text, json }
    }

    async fn done(&self, (method, path, body): (Method, &str, Value)) -> Value {
        let told = self.ask(self.people.get("admin"), (method, path, &Carries::Json(body))).await;
        assert!(told.status < 300, "{path}: {} {}", told.status, told.text);
        told.json
    }

    async fn sign_in(&self, login: &str) -> Person {
        let given = json!({ "login": login, "password": PASSWORD });
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let request = Request::post("/api/session")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(ConnectInfo(from))
            .body(Body::from(given.to_string()))
            .expect("a request can be put together");
        let response = self.service.clone().oneshot(request).await.expect("a router always answers");
        let cookie = response.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
        let bytes = to_bytes(response.into_body(), LONGEST).await.expect("the answer is whole");
        let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let csrf = told["csrf_token"].as_str().unwrap_or_else(|| panic!("{login}: {told}")).to_owned();
        let mut person = Person { id: String::new(), cookie, csrf };
        let me = self.ask(Some(&person), (Method::GET, "/api/me", &Carries::Nothing)).await;
        person.id = me.json["id"].as_str().unwrap_or_else(|| panic!("{login}: {}", me.text)).to_owned();
        person
    }

    async fn publish(&self) {
        let mut files =
            vec![("entities/probe".to_owned(), policy::entity()), ("forms/probe".to_owned(), policy::form())];
        files.extend(policy::roles().into_iter().map(|(key, role)| (format!("roles/{key}"), role)));
        for (path, file) in files {
            self.done((Method::PUT, &format!("/api/draft/{path}"), file)).await;
        }
        self.done((Method::POST, "/api/draft/publish", json!({}))).await;
    }

    /// One person for each policy, and the owners of the other rows.
    async fn hire(&mut self) {
        for (key, parent) in [("here", ""), ("lower", "here"), ("away", "")] {
            let body = json!({ "key": key, "title": key, "parent": parent });
            self.done((Method::POST, "/api/departments", body)).await;
        }
        self.done((Method::POST, "/api/teams", json!({ "key": "matrix", "title": "矩阵" }))).await;
        let actors = POLICIES.iter().filter(|policy| policy.actor != "admin");
        let actors = actors.map(|policy| (policy.actor, policy.roles, "here", vec!["matrix"]));
        let owners: [(&'static str, &[&str], &str, Vec<&str>); 4] = [
            ("o_team", &["m_whole"], "away", vec!["matrix"]),
            ("o_department", &["m_whole"], "here", vec![]),
            ("o_below", &["m_whole"], "lower", vec![]),
            ("o_stranger", &["m_whole"], "away", vec![]),
        ];
        for (login, roles, department, teams) in actors.chain(owners) {
            let body = json!({ "login": login, "name": login, "password": PASSWORD, "roles": roles,
                "department": department, "teams": teams });
            self.done((Method::POST, "/api/users", body)).await;
            self.people.insert(login, self.sign_in(login).await);
        }
        let noah = self.done_get("/api/users?q=noah").await;
        noah["items"][0]["id"].as_str().expect("noah works here").clone_into(&mut self.bystander);
    }

    async fn done_get(&self, path: &str) -> Value {
        let told = self.ask(self.people.get("admin"), (Method::GET, path, &Carries::Nothing)).await;
        assert_eq!(told.status, 200, "{path}: {}", told.text);
        told.json
    }

    async fn fill(&mut self) {
        let owners = [
            (Row::Team, "o_team"),
            (Row::Department, "o_department"),
            (Row::Below, "o_below"),
            (Row::Shared, "o_stranger"),
            (Row::Other, "o_stranger"),
        ];
        let own = POLICIES.iter().map(|policy| (policy.actor, Row::Own, policy.actor));
        let all: Vec<_> = own.chain(owners.into_iter().map(|(row, owner)| ("", row, owner))).collect();
        for (whose, row, owner) in all {
            let mut record = json!({ "name": name_of(whose, row), "owner": self.person(owner).id });
            for (field, _) in FIELDS {
                record[field] = json!(value_of(whose, row, field));
            }
            let made = self.done((Method::POST, "/api/entities/probe/records", record)).await;
            let id = made["id"].as_str().expect("an id").to_owned();
            if row == Row::Shared {
                for policy in &POLICIES {
                    let with = json!({ "with": { "person": policy.actor } });
                    self.done((Method::POST, &format!("/api/entities/probe/records/{id}/shares"), with))
                        .await;
                }
            }
            self.rows.insert((whose, row), id);
        }
    }
}

/// What a row is called: one word that nothing else begins with.
pub(super) fn name_of(actor: &str, row: Row) -> String {
    format!("zn{}{}end", whose(actor, row), row.name())
}

/// The value of a field of a row, likewise.
pub(super) fn value_of(actor: &str, row: Row, field: &str) -> String {
    format!("zq{}{}{field}", whose(actor, row), row.name())
}

fn whose(actor: &str, row: Row) -> &str {
    if row == Row::Own { actor } else { "" }
}

async fn opened(settings: &Settings) -> Runtime {
    let config = RuntimeConfig {
        store: settings.store().expect("the address of the database is in order"),
        data_dir: settings.data_dir.clone(),
        clock: Clock::wall(0),
        channels: Channels::default(),
        worker: WorkerCommand { program: binary(), args: vec!["script-worker".to_owned()] },
        options: RuntimeOptions { exports_per_hour: Some(0), ..RuntimeOptions::default() },
    };
    Runtime::open(config).await.expect("the image opens")
}
