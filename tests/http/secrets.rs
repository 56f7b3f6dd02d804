//! Fields of kind secret: sealed in the database, covered everywhere, shown to whoever may read them and says why.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Answer, Backend, Client, TestServer, files, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

on_both!(
    a_secret_is_found_nowhere_but_where_it_was_asked_for,
    who_was_shown_a_secret_is_noted_before_it_is_shown,
    a_secret_is_kept_replaced_cleared_and_taken_back,
    rights_decide_who_may_ask,
    a_lost_key_is_told_and_loses_nothing,
);

/// What must be found nowhere.
const CANARY: &str = "canary 芝麻开门 7731";

/// A server whose app has an entity `vault`, its administrator, and somebody for each of three roles.
async fn vaults(backend: Backend) -> (TestServer, Client) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let vault = json!({ "title": "保险箱", "x-title-field": "name", "x-owner": true, "required": ["name"], "properties": {
        "name": { "title": "名称", "x-kind": "text", "maxLength": 40, "x-search": true },
        "pin": { "title": "口令", "x-kind": "secret", "maxLength": 40 },
        "deep": { "title": "暗号", "x-kind": "secret", "x-sensitivity": "secret" },
        "has_pin": { "title": "有口令后填", "x-kind": "text", "x-show": { "field": "pin", "op": "not_empty" } }
    } });
    let role = |fields: Value| json!({ "title": "角色", "entities": { "vault": { "create": true, "read": "own", "update": "own", "import": true, "fields": fields } } });
    for (path, file) in [
        ("entities/vault", vault),
        ("roles/keeper", role(json!({}))),
        ("roles/guest", role(json!({ "pin": "masked" }))),
        ("roles/reader", role(json!({ "pin": "read", "deep": "read" }))),
    ] {
        let saved = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    for login in ["keeper", "guest", "reader"] {
        let person = json!({ "login": login, "name": login, "password": PASSWORD, "roles": [login] });
        admin.post("/api/users", &person).await.expect(201);
    }
    (server, admin)
}

async fn reveal(client: &Client, record: &Value, asked: Value) -> Answer {
    client.post(&format!("{}/reveal", path_of("vault", record)), &asked).await
}

/// The one value of a field, asked for with a reason.
async fn shown(client: &Client, record: &Value, field: &str) -> Value {
    reveal(client, record, json!({ "field": field, "reason": "核对" })).await.expect(200)["value"].clone()
}

/// Everything that lies on the disk or in the database, as text.
fn everything(server: &TestServer) -> String {
    let place = server.place();
    let mut all = place.database.as_ref().map_or_else(String::new, |database| {
        database.ask("SELECT schema_to_xml('kezhi_default', true, false, '')")
    });
    let mut folders = vec![place.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(path).expect("a file can be read")));
            }
        }
    }
    all
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn a_secret_is_found_nowhere_but_where_it_was_asked_for(backend: Backend) {
    let (server, admin) = vaults(backend).await;
    let sent = json!({ "name": "一号", "pin": CANARY, "deep": CANARY, "has_pin": "是" });
    let keyed = admin.request(Method::POST, "/api/entities/vault/records").json(&sent);
    let made = admin.send(keyed.header("idempotency-key", "k1")).await.expect(201);
    assert_eq!((&made["pin"], &made["deep"], &made["has_pin"]), (&json!("***"), &json!("***"), &json!("是")));
    assert_eq!(made["masked"], json!(["pin", "deep"]));
    let path = path_of("vault", &made);
    let moment = made["updated_at"].as_str().expect("an instant").to_owned();
    let patched = admin.patch(&path, &json!({ "pin": format!("{CANARY} 2") })).await.expect(200);
    assert_eq!((&patched["version"], &patched["pin"]), (&json!(2), &json!("***")));

    let stale = admin.request(Method::PATCH, &path).json(&json!({ "name": "x" })).header("if-match", "\"1\"");
    let mut told = vec![admin.send(stale).await.problem(412, "record.stale")];
    assert_eq!(told[0]["stored"]["pin"], "***");
    let batch = json!({ "operations": [
        { "op": "create", "record": { "name": "二号", "pin": CANARY } },
        { "op": "update", "id": made["id"], "record": { "pin": CANARY } } ], "atomic": true });
    told.push(admin.post("/api/entities/vault/batch", &batch).await.expect(200));
    let filled = json!({ "record": made["id"], "values": { "pin": CANARY, "name": "一号" } });
    told.push(admin.post("/api/forms/vault/evaluate", &filled).await.expect(200));
    told.push(admin.post("/api/forms/vault/submissions", &filled).await.expect(200));
    for question in [
        path.clone(),
        format!("{path}?as_of={moment}"),
        format!("{path}/history"),
        format!("{path}/timeline"),
        format!("{path}/explain"),
        "/api/entities/vault/records?fields=pin&sort=name".to_owned(),
        "/api/entities/vault/records?q=canary".to_owned(),
        "/api/search?q=canary".to_owned(),
        "/api/search?q=7731".to_owned(),
    ] {
        told.push(admin.get(&question).await.expect(200));
    }
    for (at, found) in told.iter().enumerate() {
        let text = found.to_string();
        assert!(!text.contains("canary") && !text.contains("sealed:"), "{at}: {found:#}");
    }
    let [.., words, search, digits] = told.as_slice() else { unreachable!("there are many") };
    assert_eq!((&words["items"], &search["items"], &digits["items"]), (&json!([]), &json!([]), &json!([])));

    only_its_presence_is_asked_for(&admin).await;
    assert_eq!(shown(&admin, &made, "pin").await, CANARY);
    let again = admin.request(Method::POST, &format!("{path}/reveal")).header("idempotency-key", "k2");
    let again = again.json(&json!({ "field": "pin", "reason": "再看" }));
    assert_eq!(admin.send(again).await.expect(200)["value"], CANARY);
    let exported = files::download(&admin, "/api/entities/vault/export?format=csv").await;
    let exported = String::from_utf8_lossy(&exported).into_owned();
    assert!(
        exported.contains("一号") && exported.contains("***") && !exported.contains("canary"),
        "{exported}"
    );
    let everything = everything(&server);
    assert!(!everything.contains("canary"), "nothing of it lies anywhere");
    let guessed =
        Sha256::digest(sent.to_string()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!everything.contains(&guessed), "nor anything by which it could be tried");

    let sheet = format!("名称,口令\n三号,{CANARY}\n");
    let imported = files::import(&admin, "vault", sheet, &json!({})).await;
    assert_eq!(imported["result"]["created"], 1, "{imported:#}");
    let third = json!({ "where": { "field": "name", "op": "eq", "value": "三号" } });
    let third = admin.post("/api/entities/vault/query", &third).await.expect(200);
    assert_eq!(third["items"][0]["pin"], "***");
    assert_eq!(shown(&admin, &third["items"][0], "pin").await, CANARY);
    let wrong =
        files::import(&admin, "vault", format!("名称,口令\n四号,{}\n", "x".repeat(41)), &json!({})).await;
    let told = &wrong["result"]["refused"][0]["problems"][0];
    assert_eq!((&told["pointer"], told.get("value")), (&json!("/pin"), None), "{wrong:#}");
    let sheet = format!("名称,口令\n,{CANARY}\n");
    let wrong = files::import(&admin, "vault", sheet, &json!({})).await;
    let path = wrong["result"]["error_file"].as_str().expect("a file of what was wrong");
    let gone = async || (!self::everything(&server).contains("canary")).then_some(());
    wait::until("the sheets to go, and nothing of what was refused to lie anywhere", gone).await;
    let rows = files::download(&admin, path).await;
    let again =
        files::import(&admin, "vault", rows, &json!({ "map": { "名称": "deep", "口令": "name" } })).await;
    assert_eq!(again["result"]["created"], 1, "the file of wrong rows holds what was sent: {again:#}");
    let named = json!({ "where": { "field": "name", "op": "eq", "value": CANARY } });
    assert_eq!(
        admin.post("/api/entities/vault/query", &named).await.expect(200)["items"].as_array().map(Vec::len),
        Some(1)
    );
}

/// That there is a secret may be asked, of two records; nothing about what it is.
async fn only_its_presence_is_asked_for(admin: &Client) {
    let ask = async |question: Value| admin.post("/api/entities/vault/query", &question).await;
    let holders = ask(json!({ "where": { "field": "pin", "op": "not_empty" } })).await.expect(200);
    assert_eq!(holders["items"].as_array().map(Vec::len), Some(2), "that there is one may be asked");
    for question in [
        json!({ "where": { "field": "pin", "op": "eq", "value": CANARY } }),
        json!({ "where": { "field": "pin", "op": "starts_with", "value": "sealed" } }),
        json!({ "sort": ["pin"] }),
    ] {
        assert_eq!(ask(question.clone()).await.status, 422, "{question}");
    }
    for question in [
        json!({ "group_by": ["pin"], "measures": [{ "count": "*" }] }),
        json!({ "measures": [{ "distinct": "pin" }] }),
        json!({ "measures": [{ "max": "pin" }] }),
    ] {
        assert_eq!(admin.post("/api/entities/vault/aggregate", &question).await.status, 422, "{question}");
    }
}

async fn who_was_shown_a_secret_is_noted_before_it_is_shown(backend: Backend) {
    let (server, admin) = vaults(backend).await;
    let keeper = server.sign_in("keeper").await;
    let record = keeper.create("vault", &json!({ "name": "一号", "pin": "1234" })).await;

    for reason in [json!(""), json!("  "), json!("长".repeat(201))] {
        let asked = json!({ "field": "pin", "reason": reason });
        reveal(&keeper, &record, asked).await.violations(&["reveal.reason /reason"]);
    }
    reveal(&keeper, &record, json!({ "field": "pin" })).await.violations(&["reveal.reason /reason"]);
    reveal(&keeper, &record, json!({ "field": "no", "reason": "x" }))
        .await
        .violations(&["record.unknown_field /field"]);
    assert_eq!(
        keeper.get(&format!("{}/timeline", path_of("vault", &record))).await.expect(200)["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );

    let asked = json!({ "field": "pin", "reason": " 客户来电核对 " });
    assert_eq!(reveal(&keeper, &record, asked).await.expect(200), json!({ "value": "1234" }));
    let timeline = admin.get(&format!("{}/timeline", path_of("vault", &record))).await.expect(200);
    let noted = &timeline["items"][0];
    assert_eq!(
        (&noted["kind"], &noted["field"], &noted["reason"], &noted["by"]["name"]),
        (&json!("reveal"), &json!("pin"), &json!("客户来电核对"), &json!("keeper")),
        "{timeline:#}"
    );
    assert_eq!(shown(&keeper, &record, "name").await, "一号", "what is no secret may be asked for as well");
    assert_eq!(shown(&admin, &record, "deep").await, Value::Null, "nothing is stored");
    let unknown = json!("01980000-0000-7000-8000-000000000001");
    reveal(&keeper, &unknown, json!({ "field": "pin", "reason": "x" }))
        .await
        .problem(404, "record.not_found");
    let path = format!("{}/reveal", path_of("vault", &record));
    server
        .unknown()
        .post(&path, &json!({ "field": "pin", "reason": "x" }))
        .await
        .problem(401, "session.required");
}

async fn a_secret_is_kept_replaced_cleared_and_taken_back(backend: Backend) {
    let (server, admin) = vaults(backend).await;
    let keeper = server.sign_in("keeper").await;
    for client in [&admin, &keeper] {
        let record = client.create("vault", &json!({ "name": "一号", "pin": "1234" })).await;
        let path = path_of("vault", &record);
        let kept = client.patch(&path, &json!({ "name": "改名", "pin": "***" })).await.expect(200);
        assert_eq!((&kept["version"], &kept["name"]), (&json!(2), &json!("改名")));
        assert_eq!(kept["warnings"][0]["code"], "record.masked_ignored");
        assert_eq!(shown(client, &record, "pin").await, "1234");

        let replaced = client.patch(&path, &json!({ "pin": "5678" })).await.expect(200);
        assert_eq!(replaced["version"], 3);
        assert_eq!(shown(client, &record, "pin").await, "5678");
        let history = client.get(&format!("{path}/history")).await.expect(200);
        let change = json!({ "field": "pin", "from": "***", "to": "***" });
        assert_eq!(history["items"][0]["changes"], json!([change]), "{history:#}");

        let undone =
            client.post(&format!("{path}/undo"), &json!({ "change": history["items"][0]["seq"] })).await;
        assert_eq!(undone.expect(200)["pin"], "***");
        assert_eq!(shown(client, &record, "pin").await, "1234", "what was there before");

        client.patch(&path, &json!({ "pin": "x".repeat(41) })).await.violations(&["record.too_long /pin"]);
        client.patch(&path, &json!({ "pin": "sealed:v1:k:abc" })).await.violations(&["record.text /pin"]);
        client.patch(&path, &json!({ "pin": 1234 })).await.violations(&["record.wrong_type /pin"]);
        let cleared = client.patch(&path, &json!({ "pin": null })).await.expect(200);
        assert_eq!((cleared.get("pin"), cleared.get("masked")), (None, None), "{cleared:#}");
        assert_eq!(shown(client, &record, "pin").await, Value::Null);
    }
    let literal = admin.create("vault", &json!({ "name": "星", "pin": "***" })).await;
    assert_eq!(
        shown(&admin, &literal, "pin").await,
        "***",
        "where nothing is stored it is a value like any other"
    );
}

async fn rights_decide_who_may_ask(backend: Backend) {
    let (server, admin) = vaults(backend).await;
    let [keeper, guest, reader] = ["keeper", "guest", "reader"].map(|login| server.sign_in(login));
    let (keeper, guest, reader) = (keeper.await, guest.await, reader.await);
    let asked = |field: &str| json!({ "field": field, "reason": "x" });

    let theirs = admin.create("vault", &json!({ "name": "别人的", "pin": "1" })).await;
    reveal(&keeper, &theirs, asked("pin")).await.problem(404, "record.not_found");

    let own = keeper.create("vault", &json!({ "name": "自己的", "pin": "1" })).await;
    reveal(&keeper, &own, asked("deep")).await.violations(&["record.unknown_field /field"]);
    let hidden = keeper.patch(&path_of("vault", &own), &json!({ "deep": "2" })).await;
    hidden.violations(&["record.unknown_field /deep"]);
    admin.patch(&path_of("vault", &own), &json!({ "deep": "2" })).await.expect(200);
    admin.post(&format!("{}/reveal", path_of("vault", &own)), &asked("deep")).await.expect(200);
    let seen = keeper.get(&format!("{}/timeline", path_of("vault", &own))).await.expect(200);
    assert!(!seen.to_string().contains("deep"), "who may not know the field hears of none: {seen:#}");
    let seen = keeper.record("vault", &own).await;
    assert_eq!((seen.get("deep"), &seen["masked"]), (None, &json!(["pin"])), "{seen:#}");

    let masked = guest.create("vault", &json!({ "name": "客" })).await;
    admin.patch(&path_of("vault", &masked), &json!({ "pin": "3" })).await.expect(200);
    assert_eq!(guest.record("vault", &masked).await["pin"], "***");
    reveal(&guest, &masked, asked("pin")).await.problem(403, "access.denied");

    let read = reader.create("vault", &json!({ "name": "读" })).await;
    admin.patch(&path_of("vault", &read), &json!({ "pin": "4", "deep": "5" })).await.expect(200);
    let values = [shown(&reader, &read, "pin").await, shown(&reader, &read, "deep").await];
    assert_eq!(values, [json!("4"), json!("5")]);
    reader
        .patch(&path_of("vault", &read), &json!({ "pin": "6" }))
        .await
        .violations(&["record.read_only /pin"]);
}

async fn a_lost_key_is_told_and_loses_nothing(backend: Backend) {
    let (server, admin) = vaults(backend).await;
    let record = admin.create("vault", &json!({ "name": "一号", "pin": "1234" })).await;
    let (_, place) = server.stop().await;
    let (file, elsewhere) = (place.folder.path().join("secret.key"), place.folder.path().join("elsewhere"));
    std::fs::rename(&file, &elsewhere).expect("the key can be moved");

    let server = TestServer::on(place).await;
    let admin = server.sign_in("admin").await;
    let path = path_of("vault", &record);
    assert_eq!(admin.record("vault", &record).await["pin"], "***");
    reveal(&admin, &record, json!({ "field": "pin", "reason": "x" })).await.problem(503, "secret.key");
    admin.patch(&path, &json!({ "pin": "5678" })).await.problem(503, "secret.key");
    let items = admin.get(&format!("{path}/timeline")).await.expect(200)["items"].clone();
    assert_eq!(items.as_array().map(Vec::len), Some(1), "nobody was shown anything: {items:#}");
    admin.patch(&path, &json!({ "name": "改名" })).await.expect(200);
    assert!(!file.exists(), "no other key takes its place");

    std::fs::rename(&elsewhere, &file).expect("the key can be moved back");
    assert_eq!(shown(&admin, &record, "pin").await, "1234", "without a restart");
    admin.patch(&path, &json!({ "pin": "5678" })).await.expect(200);
    assert_eq!(shown(&admin, &record, "pin").await, "5678");
    assert!(server.log().contains("secret.key"), "{}", server.log());
}
