//! Ways round what is demanded: by a token, by a directory, by managing people, by another's eyes, by an old address. Each
//! was tried by hand first, and is closed.

use kezhi_tests::authenticator::code;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Answer, Backend, Client, TestServer, on_both};
use reqwest::Method;
use serde_json::{Value, json};

use super::shares::{hire, id_of, publish};

on_both!(
    a_token_goes_round_no_demand_of_its_owner_s_roles,
    a_program_changes_nothing_of_its_owner_s_account,
    who_manages_people_does_not_widen_their_own_reach,
    a_directory_s_token_is_over_when_its_maker_could_not_make_it,
    what_opens_an_account_wants_a_proof,
    a_link_does_not_outlive_the_address_it_went_to,
    another_s_eyes_do_not_see_what_is_theirs_alone,
    a_demand_is_not_taken_out_of_a_role_by_whoever_is_held_to_it,
    nobody_takes_a_name_that_definitions_give_something_to,
);

/// A program with a token.
struct Program {
    client: Client,
    token: String,
}

impl Program {
    /// Whoever asks makes the token.
    async fn of(owner: &Client, body: Value) -> Self {
        let made = owner.post("/api/tokens", &body).await.expect(201);
        Self::with(owner, &made)
    }

    fn with(client: &Client, made: &Value) -> Self {
        Self { client: client.clone(), token: made["token"].as_str().expect("told once").to_owned() }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.client.request(method, path).bearer_auth(&self.token);
        self.client.send(if let Some(body) = body { request.json(&body) } else { request }).await
    }
}

fn account(id: &Value) -> String {
    format!("/api/users/{}", id.as_str().expect("an id"))
}

async fn person(client: &Client, login: &str) -> String {
    let list = client.get("/api/users").await.expect(200);
    let items = list["items"].as_array().into_iter().flatten();
    let found = items.into_iter().find(|user| user["login"] == login).expect("they are there");
    account(&found["id"])
}

async fn a_token_goes_round_no_demand_of_its_owner_s_roles(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let caller = json!({ "title": "接口", "may": ["use_api"] });
    let office = json!({ "title": "办公室", "sign_in": { "networks": ["203.0.113.0/24"] } });
    let careful = json!({ "title": "财务", "sign_in": { "second_factor": true } });
    publish(&admin, &[("roles/caller", caller), ("roles/office", office), ("roles/careful", careful)]).await;
    let sue = hire(&server, "sue", json!({ "roles": ["caller", "clerk"] })).await;
    let whole = Program::of(&sue, json!({ "name": "全部" })).await;
    let narrow = Program::of(&sue, json!({ "name": "读", "roles": ["clerk"], "read_only": true })).await;
    let path = account(&id_of(&sue).await);
    let heard = async || {
        let mut told = Vec::new();
        for program in [&whole, &narrow] {
            let answer = program.ask(Method::GET, "/api/entities/customer/records", None).await;
            told.push((answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned()));
        }
        told
    };
    let all = |status: u16, code: &str| vec![(status, code.to_owned()), (status, code.to_owned())];
    assert_eq!(heard().await, all(200, ""));

    admin.patch(&path, &json!({ "roles": ["caller", "clerk", "office"] })).await.expect(200);
    assert_eq!(heard().await, all(403, "session.network"));
    sue.get("/api/app").await.problem(403, "session.network");

    admin.patch(&path, &json!({ "roles": ["caller", "clerk", "careful"] })).await.expect(200);
    assert_eq!(heard().await, all(403, "session.must_enrol"));
    sue.get("/api/app").await.problem(403, "session.must_enrol");
    let offer = sue.post("/api/me/totp", &json!({})).await.expect(200);
    let code = code(offer["secret"].as_str().expect("a secret"), 0);
    sue.post("/api/me/totp/confirm", &json!({ "code": code })).await.expect(200);
    assert_eq!(heard().await, all(200, ""));
}

async fn a_program_changes_nothing_of_its_owner_s_account(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin, &[("roles/hr", json!({ "title": "人事", "may": ["manage_users", "use_api"] }))]).await;
    let sue = hire(&server, "sue", json!({ "roles": ["hr", "clerk"], "email": "sue@example.com" })).await;
    let id = id_of(&sue).await;
    let program = Program::of(&sue, json!({ "name": "同步" })).await;
    let own = account(&id);
    for change in
        [json!({ "email": "evil@example.com" }), json!({ "name": "x" }), json!({ "language": "en" })]
    {
        program.ask(Method::PATCH, &own, Some(change)).await.problem(403, "access.denied");
    }
    // A link is as good as a password, and nobody proves anything by a token.
    for path in [own.clone(), person(&admin, "ann").await] {
        program
            .ask(Method::POST, &format!("{path}/link"), Some(json!({})))
            .await
            .problem(403, "session.prove_again");
    }
    let file = program.client.request(Method::POST, "/api/users/import?dry_run=false&name=list.csv");
    let file = file.bearer_auth(&program.token).header("content-type", "text/csv");
    let sent = program.client.send(file.body("login,email\nsue,evil@example.com\n")).await;
    sent.problem(403, "session.prove_again");
    assert_eq!(admin.get(&own).await.expect(200)["email"], "sue@example.com");

    // A token for some entities has no business with the workspace; one without does what its roles do.
    let team = json!({ "title": "茶" });
    let narrow = Program::of(&sue, json!({ "name": "客户", "entities": ["customer"] })).await;
    narrow.ask(Method::GET, "/api/entities/customer/records", None).await.expect(200);
    narrow.ask(Method::POST, "/api/teams", Some(team.clone())).await.problem(403, "access.denied");
    program.ask(Method::POST, "/api/teams", Some(team)).await.expect(201);
}

#[allow(clippy::too_many_lines, reason = "one story")]
async fn who_manages_people_does_not_widen_their_own_reach(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin, &[("roles/hr", json!({ "title": "人事", "may": ["manage_users"] }))]).await;
    let east = admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let west = admin.post("/api/departments", &json!({ "key": "west", "title": "华西" })).await.expect(201);
    let hana = json!({ "roles": ["hr", "clerk"], "department": "east", "manager": "mia" });
    let hana = hire(&server, "hana", hana).await;
    let own = account(&id_of(&hana).await);

    // Departments: none comes below one's own, and none is led by oneself.
    let path = |found: &Value| format!("/api/departments/{}", found["id"].as_str().expect("an id"));
    for change in
        [json!({ "parent": "east" }), json!({ "head": "hana" }), json!({ "deputies": ["ann", "hana"] })]
    {
        hana.patch(&path(&west), &change).await.problem(403, "access.denied");
    }
    hana.patch(&path(&east), &json!({ "head": "hana" })).await.problem(403, "access.denied");
    hana.patch(&path(&west), &json!({ "title": "西区", "head": "noah" })).await.expect(200);
    hana.post("/api/departments", &json!({ "title": "新店", "parent": "east" })).await.expect(201);
    let import = async |kind: &str, file: &str| {
        let path = format!("/api/{kind}/import?dry_run=false&name=list.csv");
        let request = hana.request(Method::POST, &path).header("content-type", "text/csv");
        let told = hana.send(request.body(file.to_owned())).await.expect(200);
        let codes = told["refused"].as_array().into_iter().flatten();
        let codes: Vec<String> =
            codes.map(|row| row["problems"][0]["code"].as_str().unwrap_or("?").to_owned()).collect();
        (codes, told["updated"].as_u64().unwrap_or_default())
    };
    let refused = (vec!["access.denied".to_owned()], 0);
    assert_eq!(import("departments", "key,parent\nwest,east\n").await, refused);
    assert_eq!(import("departments", "key,head\nwest,hana\n").await, refused);

    // Superiors: nobody goes below another one, nor is put beside whoever is in no team.
    hana.patch(&own, &json!({ "manager": "noah" })).await.problem(403, "access.denied");
    hana.patch(&own, &json!({ "manager": "" })).await.problem(403, "access.denied");
    let noah = person(&admin, "noah").await;
    hana.patch(&noah, &json!({ "manager": "mia" })).await.problem(403, "access.denied");
    assert_eq!(import("users", "login,manager\nnoah,mia\n").await, refused);
    hana.patch(&noah, &json!({ "manager": "admin" })).await.expect(200);
    let kim =
        json!({ "login": "kim", "name": "Kim", "password": PASSWORD, "roles": ["clerk"], "manager": "mia" });
    hana.post("/api/users", &kim).await.expect(201);

    // Teams: whoever is in one neither takes in, nor changes, nor leaves.
    let team = json!({ "key": "tea", "title": "茶", "members": ["hana", "ann"] });
    let team = admin.post("/api/teams", &team).await.expect(201);
    let path_of_team = format!("/api/teams/{}", team["id"].as_str().expect("an id"));
    for change in [
        json!({ "members": ["hana", "noah"] }),
        json!({ "add": ["noah"] }),
        json!({ "leader": "noah" }),
        json!({ "remove": ["hana"] }),
        json!({ "add": ["noah"], "remove": ["ann"] }),
    ] {
        hana.patch(&path_of_team, &change).await.problem(403, "access.denied");
    }
    hana.patch(&noah, &json!({ "teams": ["tea"] })).await.problem(403, "access.denied");
    assert_eq!(import("users", "login,teams\nnoah,tea\n").await, refused);
    hana.delete(&path_of_team).await.problem(403, "access.denied");
    hana.patch(&path_of_team, &json!({ "title": "茶组", "remove": ["ann"] })).await.expect(200);

    // Nobody with more rights is shut out, by any way.
    let boss = person(&admin, "admin").await;
    for change in [json!({ "active": false }), json!({ "left": true })] {
        hana.patch(&boss, &change).await.problem(403, "access.denied");
    }
    hana.delete(&format!("{boss}/sessions")).await.problem(403, "access.denied");
    hana.post(&format!("{boss}/handover"), &json!({ "to": ["ann"] })).await.problem(403, "access.denied");
    assert_eq!(import("users", "login,active\nadmin,no\n").await, refused);
    hana.patch(&person(&admin, "kim").await, &json!({ "active": false })).await.expect(200);

    // A directory moves everybody: whoever makes its token could move themselves.
    hana.post("/api/directory-tokens", &json!({ "name": "x" })).await.problem(403, "access.denied");
}

async fn a_directory_s_token_is_over_when_its_maker_could_not_make_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    publish(&admin, &[("roles/chief", json!({ "title": "总管", "may": ["manage_users", "manage_roles"] }))])
        .await;
    let carl = hire(&server, "carl", json!({ "roles": ["chief"] })).await;
    let id = id_of(&carl).await;
    let made =
        carl.post("/api/directory-tokens", &json!({ "name": "飞书", "roles": ["clerk"] })).await.expect(201);
    assert_eq!(made["created_by"], id, "{made:#}");
    let directory = Program::with(&server.unknown(), &made);
    let status = async || directory.ask(Method::GET, "/scim/v2/Users", None).await.status;
    assert_eq!(status().await, 200);
    admin.patch(&account(&id), &json!({ "roles": ["clerk"] })).await.expect(200);
    assert_eq!(status().await, 401);
    admin.patch(&account(&id), &json!({ "roles": ["chief"] })).await.expect(200);
    assert_eq!(status().await, 200);
    admin.patch(&account(&id), &json!({ "left": true })).await.expect(200);
    assert_eq!(status().await, 401);
}

async fn what_opens_an_account_wants_a_proof(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let ann = person(&admin, "ann").await;
    let (_, place) = server.stop().await;
    place.alter("UPDATE sessions SET proved_at = 0");
    let server = TestServer::on(place).await;
    let admin = server.unknown().holding(&admin);
    let asks = async |answer: Answer| drop(answer.problem(403, "session.prove_again"));
    asks(admin.patch("/api/me", &json!({ "email": "evil@example.com" })).await).await;
    asks(admin.patch(&ann, &json!({ "email": "evil@example.com" })).await).await;
    asks(admin.patch(&ann, &json!({ "login": "anne" })).await).await;
    asks(admin.post(&format!("{ann}/link"), &json!({})).await).await;
    asks(admin.post("/api/directory-tokens", &json!({ "name": "x" })).await).await;
    // That somebody must choose another password opens their account to nobody else.
    admin.patch(&ann, &json!({ "must_change": true })).await.expect(200);
    asks(admin.patch(&ann, &json!({ "password": "quite another phrase 2" })).await).await;
    admin.patch(&ann, &json!({ "name": "安安", "email": "ann@example.com" })).await.expect(200);

    // Whoever must choose one does so, and looks with nobody else's eyes meanwhile.
    let must = server.sign_in("ann").await;
    must.get("/api/app").await.problem(403, "session.must_change");
    assert_eq!(must.get("/scim/v2/Users").await.status, 401, "a session opens nothing there");
    let chosen = must.patch("/api/me", &json!({ "password": "quite another phrase 2" })).await;
    assert_eq!(chosen.status, 200, "{chosen:?}");
}

async fn a_link_does_not_outlive_the_address_it_went_to(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let ann = person(&admin, "ann").await;
    let made = admin.post(&format!("{ann}/link"), &json!({})).await.expect(201);
    let link = made["link"].as_str().expect("told where no mail goes out");
    let token = link.strip_prefix("/welcome#").expect("it leads to the page that welcomes").to_owned();
    let look = async || server.unknown().post("/api/links/look", &json!({ "token": token })).await;
    admin.patch(&ann, &json!({ "name": "安安" })).await.expect(200);
    look().await.expect(200);
    admin.patch(&ann, &json!({ "email": "other@example.com" })).await.expect(200);
    look().await.problem(404, "link.not_found");
}

async fn another_s_eyes_do_not_see_what_is_theirs_alone(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, ann) = (server.sign_in("admin").await, server.sign_in("ann").await);
    let wish = json!({ "person": id_of(&ann).await, "reason": "她说看不到客户" });
    let viewing = admin.post("/api/see-as", &wish).await.expect(201);
    let id = viewing["id"].as_str().expect("an id");
    for path in ["/api/me/security", "/api/me/sessions", "/api/tokens", "/api/directory-tokens", "/api/audit"]
    {
        let request = admin.request(Method::GET, path).header("x-kezhi-see-as", id);
        admin.send(request).await.problem(403, "see_as.not_here");
    }
    // A token sees as its owner, whatever it sends along.
    let program = Program::of(&admin, json!({ "name": "x" })).await;
    let request = server.unknown().request(Method::GET, "/api/me").bearer_auth(&program.token);
    let me = server.unknown().send(request.header("x-kezhi-see-as", id)).await.expect(200);
    assert_eq!((&me["login"], &me["see_as"]), (&json!("admin"), &Value::Null), "{me:#}");
}

async fn a_demand_is_not_taken_out_of_a_role_by_whoever_is_held_to_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let held = |demands: Value| {
        let may = ["use_builder", "publish", "build:roles"];
        json!({ "title": "搭建", "may": may, "sign_in": demands })
    };
    publish(&admin, &[("roles/held", held(json!({ "networks": ["127.0.0.0/8"] })))]).await;
    let hugo = hire(&server, "hugo", json!({ "roles": ["held"] })).await;
    hugo.put("/api/draft/roles/held", held(json!({ "networks": [] })).to_string()).await.expect(200);
    let refused = hugo.post("/api/draft/publish", &json!({})).await.problem(403, "access.denied");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("sign_in")), "{refused:#}");
    let stricter = json!({ "title": "搭建员", "may": ["use_builder", "publish", "build:roles"],
        "sign_in": { "networks": ["127.0.0.0/8"] } });
    hugo.put("/api/draft/roles/held", stricter.to_string()).await.expect(200);
    hugo.post("/api/draft/publish", &json!({})).await.expect(201);
}

async fn nobody_takes_a_name_that_definitions_give_something_to(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let rule = |with: Value| json!({ "title": "给老周", "entity": "customer", "with": [with] });
    publish(
        &admin,
        &[
            ("roles/hr", json!({ "title": "人事", "may": ["manage_users"] })),
            ("shares/zhou", rule(json!({ "person": "zhou" }))),
            ("shares/north", rule(json!({ "department": "north" }))),
        ],
    )
    .await;
    let east = admin.post("/api/departments", &json!({ "key": "east", "title": "华东" })).await.expect(201);
    let hana = hire(&server, "hana", json!({ "roles": ["hr", "clerk"], "department": "east" })).await;
    let own = account(&id_of(&hana).await);
    hana.patch(&own, &json!({ "login": "zhou" })).await.problem(403, "access.denied");
    let zhou = json!({ "login": "zhou", "name": "周", "password": PASSWORD, "roles": ["clerk"] });
    hana.post("/api/users", &zhou).await.problem(403, "access.denied");
    let path = format!("/api/departments/{}", east["id"].as_str().expect("an id"));
    hana.patch(&path, &json!({ "key": "north" })).await.problem(403, "access.denied");
    hana.patch(&own, &json!({ "login": "hanna" })).await.expect(200);
    admin.post("/api/users", &zhou).await.expect(201);
}
