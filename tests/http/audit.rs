//! `/api/audit` and `kezhi verify`: everything that is done is noted, sealed and proved; who alters it is found out; who has
//! no right sees nothing, and nobody changes anything.

use kezhi_tests::client::path_of;
use kezhi_tests::image::{self, PASSWORD};
use kezhi_tests::server::Place;
use kezhi_tests::{Backend, Client, TestServer, files, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    what_is_done_is_noted_found_and_sealed,
    a_list_gives_every_entry_once_page_by_page,
    duties_are_kept_apart,
    an_altered_a_missing_and_an_added_row_are_named,
    a_tail_hashed_anew_is_named_by_the_first_checkpoint,
    erasure_keeps_the_chain_and_loses_the_values,
    entries_leave_as_files,
    the_commands_speak_of_the_audit,
);

/// Roles without a word about records.
const ROLES: [(&str, &[&str]); 4] = [
    ("auditor", &["audit"]),
    ("looker", &["view_audit"]),
    ("warden", &["manage_security"]),
    ("engineer", &["manage_system"]),
];

/// Publishes [`ROLES`] and hires somebody for each.
async fn with_duties(admin: &Client) {
    for (role, may) in ROLES {
        let file = json!({ "title": role, "may": may });
        let saved = admin.put(&format!("/api/draft/roles/{role}"), file.to_string()).await;
        assert!(saved.status < 300 && saved.body["diagnostics"] == json!([]), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({ "note": "duties" })).await.expect(201);
    for (role, _) in ROLES {
        let person = json!({ "login": role, "name": role, "password": PASSWORD, "roles": [role] });
        admin.post("/api/users", &person).await.expect(201);
    }
}

/// Entries that a question finds, the newest first.
async fn found(client: &Client, question: &str) -> Vec<Value> {
    let page = client.get(&format!("/api/audit?limit=500&{question}")).await.expect(200);
    page["items"].as_array().expect("a list").clone()
}

fn actions(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["action"].as_str()).collect()
}

/// Waits until nothing is unsealed; gives the state of the chain.
async fn sealed(client: &Client) -> Value {
    wait::until("the sealer", async || {
        let state = client.get("/api/audit/state").await.expect(200);
        (state["unsealed"] == json!(0)).then_some(state)
    })
    .await
}

/// What `kezhi verify` says, and how it ends.
async fn verified(place: &Place, more: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["verify"], more].concat();
    let said = place.command(&arguments).output().await.expect("the command runs");
    let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    (said.status.code(), text)
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn what_is_done_is_noted_found_and_sealed(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let wrong = json!({ "login": "ann", "password": "guessed" });
    server.unknown().post("/api/session", &wrong).await.problem(401, "session.wrong_password");
    let ann = server.sign_in("ann").await;
    let shop = ann.create("customer", &json!({ "name": "张三", "phone": "13800001234" })).await;
    ann.patch(&path_of("customer", &shop), &json!({ "name": "李四" })).await.expect(200);
    files::download(&ann, "/api/entities/customer/export?format=csv&q=13800001234").await;
    let mut entity = admin.get("/api/draft/entities/visit").await.expect(200);
    entity["notes"] = json!("audited");
    admin.put("/api/draft/entities/visit", entity.to_string()).await.expect(200);
    admin.post("/api/draft/discard", &json!({})).await.expect(200);
    let users = admin.get("/api/users").await.expect(200);
    let of = |login: &str| {
        let user = users["items"].as_array().into_iter().flatten().find(|user| user["login"] == login);
        user.expect("somebody")["id"].as_str().expect("an id").to_owned()
    };
    let (ann_id, bob_id) = (of("ann"), of("bob"));
    admin.patch(&format!("/api/users/{bob_id}"), &json!({ "roles": ["manager"] })).await.expect(200);

    let refused = found(&admin, "action=session.refused").await;
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert_eq!(
        (&refused[0]["personal"]["login"], &refused[0]["subject"]["login"]),
        (&json!("ann"), &json!("ann"))
    );
    let by_ann = found(&admin, &format!("person={ann_id}")).await;
    let seen = actions(&by_ann);
    for action in ["session.signed_in", "record.created", "record.updated", "export.begun"] {
        assert!(seen.contains(&action), "{action}: {seen:?}");
    }
    let about =
        found(&admin, &format!("entity=customer&record={}", shop["id"].as_str().expect("an id"))).await;
    assert_eq!(actions(&about)[..2], ["record.updated", "record.created"]);
    assert_eq!(about[0]["detail"]["fields"], json!(["name"]));
    let text = json!(about).to_string();
    assert!(!text.contains("张三") && !text.contains("13800001234"), "the audit tells no values: {text}");
    let export = found(&admin, "action=export").await;
    assert_eq!(
        (&export[0]["personal"]["q"], &export[0]["detail"]["format"]),
        (&json!("13800001234"), &json!("csv"))
    );
    let changed = found(&admin, &format!("action=user&subject={bob_id}")).await;
    assert_eq!(
        changed[0]["detail"]["roles"],
        json!({ "from": ["clerk"], "to": ["manager"] }),
        "{changed:#?}"
    );
    assert!(!json!(changed).to_string().contains("argon2"), "no password, nor what stands for it");
    assert_eq!(actions(&found(&admin, "action=draft").await)[..2], ["draft.discarded", "draft.saved"]);
    assert!(!found(&admin, "action=release.published").await.is_empty());

    sealed(&admin).await;
    let id = about[0]["id"].as_str().expect("an id");
    let entry = admin.get(&format!("/api/audit/entries/{id}")).await.expect(200);
    assert_eq!((&entry["sealed"], entry["block"]["hash"].as_str().map(str::len)), (&json!(true), Some(64)));
    for wrong in ["c0", "n99999999", "x1", "c"] {
        admin.get(&format!("/api/audit/entries/{wrong}")).await.problem(404, "entry.not_found");
    }
    admin.get("/api/audit?person=x").await.problem(400, "query.parameter");
    admin.get("/api/audit?from=yesterday").await.problem(400, "query.moment");
    admin.get("/api/audit?after=x").await.problem(400, "query.cursor");
    admin.get("/api/audit?limit=501").await.problem(400, "query.limit");
}

async fn a_list_gives_every_entry_once_page_by_page(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    for number in 0..12 {
        admin
            .create(
                "customer",
                &json!({ "name": format!("c{number}"), "phone": format!("138000012{number:02}") }),
            )
            .await;
        server.sign_in(["ann", "bob"][number % 2]).await;
    }
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let page = admin.get(&format!("/api/audit?limit=5{after}")).await.expect(200);
        pages.extend(page["items"].as_array().expect("a list").clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    // What the engine does by itself meanwhile stands in front.
    let all = found(&admin, "").await;
    let ids = |items: &[Value]| items.iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
    assert!(ids(&all).ends_with(&ids(&pages)), "{:?} and {:?}", ids(&all), ids(&pages));
    let at = |items: &[Value]| -> Vec<String> {
        items.iter().filter_map(|item| item["at"].as_str().map(str::to_owned)).collect()
    };
    let times = at(&pages);
    assert!(times.is_sorted_by(|a, b| a >= b), "the newest first: {times:?}");
    let middle = &times[times.len() / 2];
    let early = at(&found(&admin, &format!("to={middle}")).await);
    let late = at(&found(&admin, &format!("from={middle}")).await);
    assert!(early.iter().all(|at| at < middle) && late.iter().all(|at| at >= middle));
    assert!(early.len() + late.len() >= all.len() && !early.is_empty());
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn duties_are_kept_apart(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    admin.get("/api/audit").await.expect(200);
    with_duties(&admin).await;
    let (_, place) = server.stop().await;
    let launched = TestServer::launch_in(place, &["--demo"], &[("KEZHI_SEPARATE_DUTIES", "true")]).await;
    let server = launched.unwrap_or_else(|(why, _)| panic!("{why}"));
    let (admin, auditor) = (server.sign_in("admin").await, server.sign_in("auditor").await);
    let (looker, warden) = (server.sign_in("looker").await, server.sign_in("warden").await);
    let engineer = server.sign_in("engineer").await;

    let reads = [
        "/api/audit",
        "/api/audit/entries/n1",
        "/api/audit/state",
        "/api/audit/key",
        "/api/audit/checkpoints",
    ];
    let writes = ["/api/audit/checkpoints", "/api/audit/proof", "/api/audit/export"];
    let ann = server.sign_in("ann").await;
    for nobody in [&admin, &warden, &engineer, &ann] {
        for path in reads {
            nobody.get(path).await.problem(403, "access.denied");
        }
        for path in writes {
            nobody.post(path, &json!({})).await.problem(403, "access.denied");
        }
    }
    for path in reads {
        auditor.get(path).await.expect(200);
        looker.get(path).await.expect(200);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = auditor.send(auditor.request(method, path).json(&json!({}))).await;
            answer.problem(405, "request.wrong_method");
        }
    }
    for path in writes {
        looker.post(path, &json!({})).await.problem(403, "access.denied");
    }
    auditor.post("/api/audit/checkpoints", &json!({})).await.expect(201);

    // Neither a token nor another's eyes make an auditor of an administrator.
    let lent = json!({ "name": "x", "roles": ["auditor"] });
    admin.post("/api/tokens", &lent).await.violations(&["token.role /roles/0"]);
    let person = auditor.get("/api/me").await.expect(200)["id"].clone();
    let viewing = admin.post("/api/see-as", &json!({ "person": person, "reason": "x" })).await.expect(201);
    let id = viewing["id"].as_str().expect("an id");
    for path in reads {
        let request = admin.request(Method::GET, path).header("x-kezhi-see-as", id);
        admin.send(request).await.problem(403, "see_as.not_here");
    }
    admin.get("/api/see-as").await.problem(403, "access.denied");
    let may = |me: Value| me["may"].as_array().into_iter().flatten().any(|may| may == "view_audit");
    assert!(may(auditor.get("/api/me").await.expect(200)) && !may(admin.get("/api/me").await.expect(200)));

    // An auditor sees what was done, and nothing of the records; and does nothing else.
    auditor.get("/api/entities/customer/records").await.problem(404, "entity.not_found");
    let person = json!({ "login": "x", "name": "x", "password": PASSWORD, "roles": [] });
    auditor.post("/api/users", &person).await.problem(403, "access.denied");
    auditor.get("/api/draft").await.problem(403, "access.denied");
    auditor.post("/api/verify", &json!({})).await.problem(403, "access.denied");

    // The duties give what belongs to them, and no more.
    warden
        .post(
            "/api/users",
            &json!({ "login": "new", "name": "new", "password": PASSWORD, "roles": ["clerk"] }),
        )
        .await
        .expect(201);
    warden.get("/api/draft").await.problem(403, "access.denied");
    engineer.get("/api/draft").await.expect(200);
    engineer.post("/api/users", &person).await.problem(403, "access.denied");

    // Nobody is given two of them.
    for roles in [json!(["auditor", "warden"]), json!(["admin", "auditor"]), json!(["warden", "engineer"])] {
        let both = json!({ "login": "both", "name": "both", "password": PASSWORD, "roles": roles });
        admin.post("/api/users", &both).await.violations(&["user.separate_duties /roles"]);
    }
    // Who had both before sees nothing either.
    let role = json!({ "title": "looker", "may": ["view_audit", "publish"] });
    admin.put("/api/draft/roles/looker", role.to_string()).await.expect(200);
    admin.post("/api/draft/publish", &json!({ "note": "more" })).await.expect(201);
    looker.get("/api/audit").await.problem(403, "access.denied");
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn an_altered_a_missing_and_an_added_row_are_named(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    for number in 0..5 {
        admin
            .create(
                "customer",
                &json!({ "name": format!("客户{number}"), "phone": format!("1380000123{number}") }),
            )
            .await;
    }
    sealed(&admin).await;
    let changes = found(&admin, "action=record.created").await;
    let [fifth, fourth, third, ..] = changes.as_slice() else { panic!("five were created") };
    let number = |entry: &Value| entry["id"].as_str().expect("an id")[1..].to_owned();
    let (fifth, fourth, third) = (number(fifth), number(fourth), number(third));
    let noted =
        found(&admin, "action=session.signed_in").await[0]["id"].as_str().expect("an id")[1..].to_owned();
    let (_, place) = server.stop().await;
    let (code, text) = verified(&place, &[]).await;
    assert!(code == Some(0) && text.contains("0 not yet sealed; 0 wrong"), "{text}");

    let copies = "entity, record, version, at, person, person_name, entrance, release, depth, kind, run, changes, batch";
    let overriding = if backend == Backend::Postgres { "OVERRIDING SYSTEM VALUE " } else { "" };
    let cases = [
        (
            format!("UPDATE history SET changes = REPLACE(changes, '客户', '顾客') WHERE seq = {third}"),
            format!("c{third} (block"),
            "was changed",
        ),
        (
            format!("UPDATE history SET person = record WHERE seq = {third}"),
            format!("c{third} (block"),
            "was changed",
        ),
        (
            format!("UPDATE history SET at = at + 1 WHERE seq = {third}"),
            format!("c{third} (block"),
            "was changed",
        ),
        (format!("DELETE FROM history WHERE seq = {fourth}"), format!("c{fourth} (block"), "is missing"),
        (
            format!("UPDATE audit SET action = 'session.signed_out' WHERE seq = {noted}"),
            format!("n{noted} (block"),
            "was changed",
        ),
        (format!("DELETE FROM audit WHERE seq = {noted}"), format!("n{noted} (block"), "is missing"),
        (
            format!("UPDATE audit_personal SET said = '{{\"network\":\"8.8.8.8\"}}' WHERE entry = {noted}"),
            format!("n{noted} (block"),
            "was changed",
        ),
        (
            format!("DELETE FROM audit_personal WHERE entry = {noted}"),
            format!("n{noted} "),
            "nothing tells of it",
        ),
        (
            "UPDATE audit_blocks SET at = at + 1 WHERE number = 1".to_owned(),
            "audit block 1 ".to_owned(),
            "was changed",
        ),
        ("DELETE FROM audit_blocks WHERE number = 1".to_owned(), "audit block 1 ".to_owned(), "is missing"),
    ];
    for (statement, entry, what) in cases {
        let place = place.copy();
        place.alter(&statement);
        let (code, text) = verified(&place, &[]).await;
        let first = text.lines().find(|line| line.starts_with("audit ")).unwrap_or_default();
        assert_eq!(code, Some(1), "{statement}: {text}");
        assert!(first.contains(&entry) && first.contains(what), "{statement}: {text}");
    }
    // A row between others: the number of one that is gone.
    let place = place.copy();
    place.alter(&format!("DELETE FROM history WHERE seq = {fourth}"));
    place.alter(&format!("INSERT INTO history (seq, {copies}) {overriding}SELECT {fourth}, {copies} FROM history WHERE seq = {fifth}"));
    let (code, text) = verified(&place, &[]).await;
    assert!(code == Some(1) && text.contains(&format!("c{fourth} (block")), "{text}");
}

async fn a_tail_hashed_anew_is_named_by_the_first_checkpoint(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let mut kept = Vec::new();
    for number in 0..3 {
        admin
            .create(
                "customer",
                &json!({ "name": format!("客户{number}"), "phone": format!("1380000123{number}") }),
            )
            .await;
        kept.push(admin.post("/api/audit/checkpoints", &json!({})).await.expect(201));
    }
    let blocks: Vec<i64> = kept.iter().filter_map(|signed| signed["block"].as_i64()).collect();
    assert!(blocks.is_sorted_by(|a, b| a < b), "{blocks:?}");
    let victim =
        found(&admin, "action=record.created").await[1]["id"].as_str().expect("an id")[1..].to_owned();
    let (_, place) = server.stop().await;
    let file = place.folder.path().join("kept.jsonl");
    let lines: Vec<String> = kept.iter().map(Value::to_string).collect();
    std::fs::write(&file, lines.join("\n")).expect("a file can be written");
    let file = file.to_string_lossy().into_owned();
    let (code, text) = verified(&place, &["--checkpoints", &file]).await;
    assert_eq!(code, Some(0), "{text}");

    // Whoever can write the database lets the engine itself seal the altered rows again, behind the first checkpoint.
    let first = blocks[0];
    place.alter(&format!(
        "UPDATE history SET changes = REPLACE(changes, '客户', '顾客') WHERE seq = {victim}"
    ));
    let of = |column: &str| format!("(SELECT {column} FROM audit_blocks WHERE number = {first})");
    place.alter(&format!(
        "UPDATE audit_head SET block = {first}, hash = {}, history_to = {}, audit_to = {}, entries = {}",
        of("hash"),
        of("history_to"),
        of("audit_to"),
        format_args!("(SELECT SUM(changes + notes) FROM audit_blocks WHERE number <= {first})"),
    ));
    place.alter(&format!("DELETE FROM audit_salts WHERE block > {first}"));
    place.alter(&format!("DELETE FROM audit_blocks WHERE number > {first}"));
    let server = TestServer::on(place).await;
    let admin = server.sign_in("admin").await;
    sealed(&admin).await;
    let (_, place) = server.stop().await;
    let named = format!("checkpoint {} (block {}) disagrees", kept[1]["number"], blocks[1]);
    let (code, text) = verified(&place, &[]).await;
    let first = text.lines().find(|line| line.contains("checkpoint ")).unwrap_or_default();
    assert!(code == Some(1) && first.contains(&named), "{text}");

    // Without the checkpoints in the database those that were kept elsewhere tell.
    place.alter("DELETE FROM audit_checkpoints");
    assert_eq!(verified(&place, &[]).await.0, Some(0), "nothing is left that could tell");
    let (code, text) = verified(&place, &["--checkpoints", &file]).await;
    assert!(code == Some(1) && text.contains(&named), "{text}");

    // One that nobody signed says so.
    let forged = std::fs::read_to_string(&file).expect("a file").replacen("\"entries\":", "\"entries\":1", 1);
    std::fs::write(&file, forged).expect("a file can be written");
    let (_, text) = verified(&place, &["--checkpoints", &file]).await;
    assert!(text.contains(&format!("checkpoint {} has a wrong signature", kept[0]["number"])), "{text}");
}

async fn erasure_keeps_the_chain_and_loses_the_values(backend: Backend) {
    let server = TestServer::empty(backend).await;
    let setup = json!({ "title": "b2b", "login": "admin", "password": PASSWORD });
    server.unknown().post("/api/setup", &setup).await.expect(201);
    let admin = server.sign_in("admin").await;
    admin.post("/api/templates/b2b-sales/install", &json!({ "sample": true })).await.expect(201);
    let contacts = admin.get("/api/entities/contact/records?limit=1").await.expect(200);
    let contact = contacts["items"][0].clone();
    let name = contact["name"].as_str().expect("a name").to_owned();
    sealed(&admin).await;
    let question = format!("action=record.created&record={}", contact["id"].as_str().expect("an id"));
    assert_eq!(found(&admin, &question).await.len(), 1);
    admin.delete("/api/sample").await.expect(200);
    assert_eq!(found(&admin, &question).await.len(), 1, "that it was there is not forgotten");
    assert!(!found(&admin, "action=audit.erased").await.is_empty());
    sealed(&admin).await;
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!((&proved["audit"]["wrong"], &proved["differences"]), (&json!(0), &json!(0)), "{proved:#}");
    assert!(proved["audit"]["erased"].as_i64() > Some(50), "{proved:#}");
    let (_, place) = server.stop().await;
    let history = match &place.database {
        Some(database) => database.ask("SELECT string_agg(changes, '') FROM kezhi_default.history"),
        None => {
            let file = rusqlite::Connection::open(place.folder.path().join("workspaces/default.sqlite"));
            let sql = "SELECT group_concat(changes, '') FROM history";
            file.expect("a file").query_row(sql, [], |row| row.get::<_, String>(0)).expect("a text")
        }
    };
    assert!(!history.contains(&name) && history.contains("\"erased\""), "nothing of {name} is left");
}

async fn entries_leave_as_files(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let wrong = json!({ "login": "=HYPERLINK(1)", "password": "x" });
    server.unknown().post("/api/session", &wrong).await.problem(401, "session.wrong_password");
    admin.create("customer", &json!({ "name": "张三", "phone": "13800001234" })).await;
    let asked = json!({ "format": "jsonl", "action": ["session"] });
    let job = admin.post("/api/audit/export", &asked).await.expect(202);
    let job = wait::job(&admin, &job).await;
    assert_eq!(job["state"], "done", "{job:#}");
    let path = format!("/api/audit/exports/{}", job["id"].as_str().expect("an id"));
    let text = String::from_utf8(files::download(&admin, &path).await).expect("UTF-8");
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(json!(lines.len()), job["result"]["entries"]);
    assert!(
        lines
            .iter()
            .all(|entry| entry["action"].as_str().is_some_and(|action| action.starts_with("session.")))
    );
    assert_eq!(lines.iter().filter(|entry| entry["action"] == "session.refused").count(), 1);

    let job = admin.post("/api/audit/export", &json!({ "format": "csv" })).await.expect(202);
    let job = wait::job(&admin, &job).await;
    let path_of_csv = format!("/api/audit/exports/{}", job["id"].as_str().expect("an id"));
    let text = String::from_utf8(files::download(&admin, &path_of_csv).await).expect("UTF-8");
    assert!(text.starts_with("\u{feff}id,at,action,") && text.contains("record.created"), "{text}");
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let cells = rows.records().flatten().flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>());
    assert!(cells.filter(|cell| !cell.is_empty()).all(|cell| !cell.starts_with('=')), "no cell is a formula");
    assert_eq!(actions(&found(&admin, "action=audit.exported").await).len(), 2, "taking it away is noted");

    let mia = server.sign_in("mia").await;
    mia.get(&path).await.problem(403, "access.denied");
    let another = json!({ "login": "root", "name": "root", "password": PASSWORD, "roles": ["admin"] });
    admin.post("/api/users", &another).await.expect(201);
    server.sign_in("root").await.get(&path).await.problem(404, "job.not_found");
    admin.post("/api/audit/export", &json!({ "format": "xlsx" })).await.problem(400, "body.wrong_shape");
    let proof = admin.post("/api/audit/proof", &json!({})).await.expect(202);
    let proof = wait::job(&admin, &proof).await;
    assert_eq!((&proof["state"], &proof["result"]["wrong"]), (&json!("done"), &json!(0)), "{proof:#}");
}

async fn the_commands_speak_of_the_audit(backend: Backend) {
    let place = image::of(backend).await.copy();
    let folder = kezhi_tests::folder::Folder::new("elsewhere");
    let elsewhere = folder.path().to_string_lossy().into_owned();
    let launched = TestServer::launch_in(place, &["--demo"], &[("KEZHI_AUDIT_FOLDER", &elsewhere)]).await;
    let server = launched.unwrap_or_else(|(why, _)| panic!("{why}"));
    let admin = server.sign_in("admin").await;
    let said = async |arguments: &[&str]| {
        let said = server.place().command(arguments).output().await.expect("the command runs");
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).expect("UTF-8")
    };
    let signed: Value = serde_json::from_str(&said(&["audit", "sign"]).await).expect("a line of JSON");
    let all = said(&["audit", "checkpoints"]).await;
    assert_eq!(serde_json::from_str::<Value>(all.lines().last().expect("a line")).expect("JSON"), signed);
    let carried =
        std::fs::read_to_string(folder.path().join("checkpoints.jsonl")).expect("it was carried away");
    assert!(
        carried.lines().any(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line == signed)),
        "{carried}"
    );
    let pem = said(&["audit", "key"]).await;
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----"), "{pem}");
    let key = admin.get("/api/audit/key").await.expect(200);
    assert_eq!((&key["key"], key["algorithm"].as_str()), (&signed["key"], Some("Ed25519")));
    let file = folder.path().join("all.csv");
    said(&["audit", "export", &file.to_string_lossy()]).await;
    assert!(std::fs::read_to_string(&file).expect("a file").contains("release.published"));
    let path = folder.path().join("checkpoints.jsonl");
    let text = said(&["verify", "--checkpoints", &path.to_string_lossy()]).await;
    assert!(text.contains("0 wrong"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(server.place().folder.path().join("audit.key"))
            .expect("the key")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
