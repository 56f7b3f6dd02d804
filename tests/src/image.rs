//! The workspace that most tests start from, made once and copied: the small app of `fixtures/app`, published through
//! the API, and its people.

use serde_json::json;
use tokio::sync::OnceCell;

use crate::client::Client;
use crate::server::{Place, TestServer};
use crate::{Backend, tree};

/// Everybody's password.
pub const PASSWORD: &str = "a long enough phrase 1";

/// The people: login, name, roles, manager. The first is the administrator.
pub const PEOPLE: [(&str, &str, &[&str], Option<&str>); 5] = [
    ("admin", "管理员", &["admin"], None),
    ("mia", "米亚", &["manager"], None),
    ("noah", "诺亚", &["manager"], None),
    ("ann", "安", &["clerk"], Some("mia")),
    ("bob", "鲍勃", &["clerk"], Some("mia")),
];

static SQLITE: OnceCell<Place> = OnceCell::const_new();
static POSTGRES: OnceCell<Place> = OnceCell::const_new();

/// The image on one database, made at the first call.
pub async fn of(backend: Backend) -> &'static Place {
    let cell = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    };
    cell.get_or_init(|| make(backend)).await
}

async fn make(backend: Backend) -> Place {
    let place = Place::empty(backend);
    // Without sample data, so not with `--demo`.
    let server = TestServer::plain(place).await;
    let setup = json!({ "title": "小店", "login": "admin", "password": PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let admin = server.sign_in("admin").await;
    publish(&admin).await;
    hire(&admin).await;
    let (_, place) = server.stop().await;
    place
}

/// Puts the files of `fixtures/app` into the draft and publishes them.
///
/// # Panics
/// When a file is refused.
pub async fn publish(admin: &Client) {
    let folder = tree::root().join("tests/fixtures/app");
    for file in tree::files("tests/fixtures/app", "") {
        let path =
            file.strip_prefix(&folder).expect("the file lies in the folder").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a fixture can be read");
        let name = if path == "manifest.json" { "manifest/manifest" } else { path.trim_end_matches(".json") };
        let name = if path.ends_with(".cases.json") { &path } else { name };
        let answer = admin.put(&format!("/api/draft/{name}"), text).await;
        assert!(answer.status < 300, "{answer:?}");
    }
    let found = admin.post("/api/draft/check", &json!({})).await.expect(200);
    assert_eq!(found["diagnostics"], json!([]), "the small app is clean");
    admin.post("/api/draft/publish", &json!({ "note": "the small app" })).await.expect(201);
}

async fn hire(admin: &Client) {
    for (login, name, roles, manager) in PEOPLE.into_iter().skip(1) {
        let person = json!({ "login": login, "name": name, "password": PASSWORD, "roles": roles, "manager": manager,
                    "email": format!("{login}@example.com") });
        admin.post("/api/users", &person).await.expect(201);
    }
}
