//! Letters to people, over SMTP: taken, tried again, refused, and for whom there is no address.

use kezhi_tests::mail::{MailServer, Verdict};
use kezhi_tests::{Backend, Client, TestServer, image, on_both, wait};
use serde_json::{Value, json};

on_both!(
    letters_go_out_come_back_and_are_given_up,
    a_letter_tells_what_is_looked_up_as_far_as_its_reader_may_know
);

/// A workflow that tells the owner of each new visit.
async fn with_letters(admin: &Client) {
    let message = json!({ "title": "visit", "entity": "visit", "channels": ["email"], "subject": "{{ record.subject }}" });
    let workflow = json!({ "title": "tell", "entity": "visit", "trigger": { "on": "record_created" }, "start": "tell",
        "settings": { "lock": false },
        "nodes": { "tell": { "type": "message", "message": "visit", "to": [{ "field": "owner" }], "next": "end" },
                   "end": { "type": "end", "outcome": "done" } } });
    admin.put("/api/draft/messages/visit.j2", "Go to {{ record.subject }}.\n").await;
    admin.put("/api/draft/messages/visit", message.to_string()).await;
    let saved = admin.put("/api/draft/workflows/tell", workflow.to_string()).await;
    assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
}

async fn incident(admin: &Client, code: &str) -> Value {
    wait::until(code, async || {
        let list = admin.get("/api/incidents").await.expect(200);
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|incident| incident["code"] == code)
    })
    .await
}

async fn letters_go_out_come_back_and_are_given_up(backend: Backend) {
    let mail = MailServer::start().await;
    let place = image::of(backend).await.copy();
    place
        .folder
        .write("kezhi.toml", format!("smtp_url = \"{}\"\nmail_from = \"crm@example.com\"\n", mail.url()));
    let server = TestServer::on(place).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    with_letters(&admin).await;

    mail.next(&[Verdict::Busy]);
    ann.create("visit", &json!({ "subject": "tea" })).await;
    wait::until("the letter", async || (mail.letters().len() == 1).then_some(())).await;
    let letter = mail.letters().remove(0);
    assert!(letter.contains("To: ") && letter.contains("<ann@example.com>"), "{letter}");
    assert!(letter.contains("Subject: tea") && letter.contains("Go to tea."), "{letter}");
    assert_eq!(mail.attempts(), 2, "the first was put off");

    mail.next(&[Verdict::Refuse]);
    ann.create("visit", &json!({ "subject": "refused" })).await;
    let refused = incident(&admin, "message.failed").await;
    assert!(
        refused["detail"].as_str().is_some_and(|why| why.contains("5.1.1") || why.contains("550")),
        "{refused:#}"
    );
    let retry = format!("/api/incidents/{}/retry", refused["id"].as_str().expect("an id"));
    admin.post(&retry, &json!({})).await;
    wait::until("the second letter", async || (mail.letters().len() == 2).then_some(())).await;

    let me = ann.get("/api/me").await.expect(200);
    assert_eq!(me["email"], "ann@example.com");
    ann.patch("/api/me", &json!({ "email": "" })).await.expect(200);
    ann.create("visit", &json!({ "subject": "nowhere" })).await;
    let nowhere = incident(&admin, "message.no_address").await;
    assert_eq!(nowhere["context"]["login"], "ann", "{nowhere:#}");
    assert_eq!(mail.letters().len(), 2, "nobody is written to at an invented address");
}

async fn a_letter_tells_what_is_looked_up_as_far_as_its_reader_may_know(backend: Backend) {
    let mail = MailServer::start().await;
    let place = image::of(backend).await.copy();
    place
        .folder
        .write("kezhi.toml", format!("smtp_url = \"{}\"\nmail_from = \"crm@example.com\"\n", mail.url()));
    let server = TestServer::on(place).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let message = json!({ "title": "order", "entity": "order", "channels": ["email"], "subject": "order {{ record.industry }}" });
    let workflow = json!({ "title": "tell", "entity": "order", "trigger": { "on": "record_created" }, "start": "tell",
        "settings": { "lock": false },
        "nodes": { "tell": { "type": "message", "message": "order", "to": [{ "field": "owner" }], "next": "end" },
                   "end": { "type": "end", "outcome": "done" } } });
    admin
        .put(
            "/api/draft/messages/order.j2",
            "Industry: {{ record.industry }}, of {{ record.customer.name }}.\n",
        )
        .await;
    for (path, file) in [("messages/order", message), ("workflows/tell", workflow)] {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let mine = ann.create("customer", &json!({ "name": "mine", "industry": "food" })).await;
    ann.create("order", &json!({ "customer": mine["id"], "status": "draft" })).await;
    wait::until("the letter", async || (mail.letters().len() == 1).then_some(())).await;
    let letter = mail.letters().remove(0);
    assert!(
        letter.contains("Subject: order food") && letter.contains("Industry: food, of mine."),
        "{letter}"
    );

    // The customer is no longer ann's: what is looked up there is not hers to know.
    let me = ann.get("/api/me").await.expect(200)["id"].clone();
    let other = admin.create("customer", &json!({ "name": "other", "industry": "retail" })).await;
    admin.create("order", &json!({ "customer": other["id"], "status": "draft", "owner": me })).await;
    wait::until("the second letter", async || (mail.letters().len() == 2).then_some(())).await;
    let letter = mail.letters().remove(1);
    assert!(
        letter.contains("Industry: ") && !letter.contains("retail") && !letter.contains("other"),
        "{letter}"
    );
}
