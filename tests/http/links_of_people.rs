//! One-time links: invitations and forgotten passwords, handed over or by mail.

use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::mail::MailServer;
use kezhi_tests::{Backend, Client, TestServer, on_both, wait};
use serde_json::{Value, json};

on_both!(
    an_invitation_is_handed_over_and_opens_the_account_once,
    a_newer_link_a_freeze_and_time_end_a_link,
    letters_take_links_along_and_the_database_holds_none,
    whether_there_is_an_account_is_not_told,
);

const CHOSEN: &str = "chosen by oneself 7";

async fn invited(admin: &Client) -> Value {
    let person = json!({ "login": "zoe", "name": "Zoe", "email": "zoe@example.com", "roles": ["clerk"], "language": "en" });
    let zoe = admin.post("/api/users", &person).await.expect(201);
    assert_eq!(zoe["state"], "invited", "{zoe:#}");
    zoe
}

fn link_of(person: &Value) -> String {
    format!("/api/users/{}/link", person["id"].as_str().expect("an id"))
}

fn token_of(made: &Value) -> String {
    let link = made["link"].as_str().expect("a link is told");
    link.strip_prefix("/welcome#").expect("it leads to the page that welcomes").to_owned()
}

async fn an_invitation_is_handed_over_and_opens_the_account_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let zoe = invited(&admin).await;
    ann.post(&link_of(&zoe), &json!({})).await.problem(403, "access.denied");
    let made = admin.post(&link_of(&zoe), &json!({})).await.expect(201);
    assert_eq!((&made["purpose"], made.get("sent_to")), (&json!("invite"), None), "{made:#}");
    let token = token_of(&made);
    assert!(token.len() >= 64, "256 bits");

    let anybody = server.unknown();
    let told = anybody.post("/api/links/look", &json!({ "token": token })).await.expect(200);
    assert_eq!((&told["login"], &told["purpose"]), (&json!("zoe"), &json!("invite")));
    anybody.post("/api/links/look", &json!({ "token": "0".repeat(64) })).await.problem(404, "link.not_found");
    let short = json!({ "token": token, "password": "short" });
    anybody.post("/api/links/use", &short).await.violations(&["password.length /password"]);
    let chosen = json!({ "token": token, "password": CHOSEN });
    anybody.post("/api/links/use", &chosen).await.expect(204);
    anybody.post("/api/links/use", &chosen).await.problem(404, "link.not_found");
    server.unknown().sign_in("zoe", CHOSEN).await.get("/api/me").await.expect(200);
    let path = format!("/api/users/{}", zoe["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.expect(200)["state"], "active");
    assert_eq!(ann.get(&path).await.expect(200)["state"], "active");
}

async fn a_newer_link_a_freeze_and_time_end_a_link(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let zoe = invited(&admin).await;
    let old = token_of(&admin.post(&link_of(&zoe), &json!({})).await.expect(201));
    let new = token_of(&admin.post(&link_of(&zoe), &json!({})).await.expect(201));
    let anybody = server.unknown();
    let look = async |token: &str| anybody.post("/api/links/look", &json!({ "token": token })).await;
    look(&old).await.problem(404, "link.not_found");
    look(&new).await.expect(200);
    admin.delete(&link_of(&zoe)).await.expect(204);
    look(&new).await.problem(404, "link.not_found");

    let newest = token_of(&admin.post(&link_of(&zoe), &json!({})).await.expect(201));
    let path = format!("/api/users/{}", zoe["id"].as_str().expect("an id"));
    admin.patch(&path, &json!({ "active": false })).await.expect(200);
    look(&newest).await.problem(404, "link.not_found");
    admin.post(&link_of(&zoe), &json!({})).await.problem(409, "user.not_active");
    admin.patch(&path, &json!({ "active": true })).await.expect(200);
    look(&newest).await.problem(404, "link.not_found");

    let last = token_of(&admin.post(&link_of(&zoe), &json!({})).await.expect(201));
    let (_, place) = server.stop().await;
    place.alter("UPDATE account_links SET expires_at = 1");
    let server = TestServer::on(place).await;
    server.unknown().post("/api/links/look", &json!({ "token": last })).await.problem(404, "link.not_found");
}

async fn mailing(backend: Backend, mail: &MailServer) -> TestServer {
    let place = image::of(backend).await.copy();
    let settings = format!(
        "smtp_url = \"{}\"\nmail_from = \"crm@example.com\"\npublic_url = \"https://crm.example.com/\"\n",
        mail.url()
    );
    place.folder.write("kezhi.toml", settings);
    TestServer::on(place).await
}

/// The link in a letter, whose lines may be folded.
fn link_in(letter: &str) -> String {
    let letter = letter.replace("=\n", "").replace("=3D", "=").replace("=23", "#");
    let begin = letter.find("https://crm.example.com/welcome#").expect("the letter has a link");
    letter[begin..].split_whitespace().next().unwrap_or_default().to_owned()
}

async fn letters_take_links_along_and_the_database_holds_none(backend: Backend) {
    let mail = MailServer::start().await;
    let server = mailing(backend, &mail).await;
    let admin = server.sign_in("admin").await;
    let zoe = invited(&admin).await;
    let made = admin.post(&link_of(&zoe), &json!({})).await.expect(201);
    assert_eq!((&made["sent_to"], made.get("link")), (&json!("zoe@example.com"), None), "{made:#}");
    wait::until("the invitation", async || (mail.letters().len() == 1).then_some(())).await;
    let link = link_in(&mail.letters()[0]);
    let token = link.rsplit('#').next().expect("a token").to_owned();
    let anybody = server.unknown();
    let chosen = json!({ "token": token, "password": CHOSEN });
    anybody.post("/api/links/use", &chosen).await.expect(204);
    server.unknown().sign_in("zoe", CHOSEN).await.get("/api/me").await.expect(200);

    anybody.post("/api/links", &json!({ "login": "ZOE@example.com" })).await.expect(202);
    wait::until("the reset", async || (mail.letters().len() == 2).then_some(())).await;
    let token = link_in(&mail.letters()[1]).rsplit('#').next().expect("a token").to_owned();
    let told = anybody.post("/api/links/look", &json!({ "token": token })).await.expect(200);
    assert_eq!((&told["purpose"], &told["login"]), (&json!("reset"), &json!("zoe")));
    let (_, place) = server.stop().await;
    if backend == Backend::Sqlite {
        for file in ["default.sqlite", "default.sqlite-wal"] {
            let bytes = std::fs::read(place.folder.path().join("workspaces").join(file)).unwrap_or_default();
            let found = bytes.windows(token.len()).any(|part| part == token.as_bytes());
            assert!(!found, "{file} holds a link that works");
        }
    }
    let server = TestServer::on(place).await;
    let chosen = json!({ "token": token, "password": PASSWORD });
    server.unknown().post("/api/links/use", &chosen).await.expect(204);
}

async fn whether_there_is_an_account_is_not_told(backend: Backend) {
    let mail = MailServer::start().await;
    let server = mailing(backend, &mail).await;
    let anybody = server.unknown();
    let known = anybody.post("/api/links", &json!({ "login": "ann" })).await;
    let unknown = anybody.post("/api/links", &json!({ "login": "nobody" })).await;
    assert_eq!((known.status, &known.body), (202, &unknown.body));
    assert_eq!(unknown.status, 202);
    wait::until("one letter", async || (mail.letters().len() == 1).then_some(())).await;
    for _ in 0..10 {
        anybody.post("/api/links", &json!({ "login": "ann" })).await.expect(202);
    }
    anybody.post("/api/links", &json!({ "login": "bob" })).await.expect(202);
    wait::until("bob's letter", async || {
        mail.letters().iter().any(|letter| letter.contains("bob@example.com")).then_some(())
    })
    .await;
    let to_ann = mail.letters().iter().filter(|letter| letter.contains("<ann@example.com>")).count();
    assert!(to_ann <= 3, "nobody's mailbox is flooded: {to_ann}");
    let mut last = 202;
    for _ in 0..30 {
        last = anybody.post("/api/links", &json!({ "login": "nobody" })).await.status;
    }
    assert_eq!(last, 429);

    let quiet = TestServer::start(backend).await;
    quiet.unknown().post("/api/links", &json!({ "login": "ann" })).await.problem(409, "reset.unavailable");
}
