//! `POST /api/entities/{entity}/import`, `/api/jobs/{id}` and `POST /api/imports/{id}/undo`.

use kezhi_tests::files::{download, import, send};
use kezhi_tests::{Backend, Client, TestServer, old_workbook, on_both, wait};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    an_import_is_a_job_that_its_starter_sees,
    rows_change_the_records_that_their_key_names,
    a_file_names_a_record_once,
    relations_are_named_and_sub_tables_take_several_rows,
    a_mapping_is_remembered_for_the_same_header,
    wrong_rows_come_back_as_a_workbook_that_can_be_sent_again,
    an_import_is_taken_back_where_nobody_has_worked_on_it,
    a_trial_knows_the_whole_file,
    what_a_file_says_of_a_record_that_is_not_seen,
    the_command_says_what_was_refused,
    a_database_without_jobs_is_upgraded,
    a_workbook_before_2007_is_read,
    a_cell_that_holds_an_error_is_no_value_of_any_field,
    a_header_that_is_a_text_is_no_header,
);

const CUSTOMERS: &str = "/api/entities/customer/records";

async fn people(client: &Client) -> Vec<(String, Value)> {
    let list = client.get(&format!("{CUSTOMERS}?sort=name&limit=500")).await.expect(200);
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), item)).collect()
}

async fn an_import_is_a_job_that_its_starter_sees(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);

    let answer = send(&mia, "customer", "名称;手机\n甲;13900000001\n乙;13900000002\n", &json!({})).await;
    assert_eq!(
        answer.header("location").map(str::to_owned),
        answer.body["id"].as_str().map(|id| format!("/api/jobs/{id}"))
    );
    let job = wait::job(&mia, &answer.expect(202)).await;

    assert_eq!(
        (&job["kind"], &job["state"], &job["done"], &job["total"], &job["errors"]),
        (&json!("import"), &json!("done"), &json!(2), &json!(2), &json!(0)),
        "{job:#}"
    );
    assert_eq!(job["result"]["created"], 2, "{job:#}");
    let path = format!("/api/jobs/{}", job["id"].as_str().unwrap_or_default());
    noah.get(&path).await.problem(404, "job.not_found");
    noah.delete(&path).await.problem(404, "job.not_found");
    assert_eq!(mia.get("/api/jobs").await.expect(200)["items"][0]["id"], job["id"]);
    assert_eq!(noah.get("/api/jobs").await.expect(200)["items"], json!([]));
    let events = String::from_utf8(download(&mia, &format!("{path}/events")).await).expect("a text");
    assert!(events.contains("event: progress") && events.contains("\"state\":\"done\""), "{events}");
    let ended = mia.delete(&path).await.expect(200);
    assert_eq!(ended["state"], "done", "what has ended stays as it is");
    assert_eq!(people(&mia).await.len(), 2);
}

async fn rows_change_the_records_that_their_key_names(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let old = mia.create("customer", &json!({ "name": "甲", "phone": "13900000001", "staff": 3 })).await;
    let file = "名称,手机,人数\n甲二,139-0000-0001,\n乙,13900000002,5\n";

    let options = json!({ "mode": "update", "key": "phone" });
    let updated = import(&mia, "customer", file, &options).await;
    let told = &updated["result"]["refused"][0]["problems"][0];
    assert_eq!(
        (&updated["result"]["updated"], &told["code"]),
        (&json!(1), &json!("import.no_match")),
        "{updated:#}"
    );
    let options = json!({ "key": ["phone"] });
    let both = import(&mia, "customer", file, &options).await;
    assert_eq!(
        (&both["result"]["created"], &both["result"]["updated"], &both["result"]["unchanged"]),
        (&json!(1), &json!(1), &json!(1)),
        "{both:#}"
    );
    let now = mia.record("customer", &old).await;
    assert_eq!((&now["name"], &now["staff"]), (&json!("甲二"), &json!(3)), "an empty cell changes nothing");

    let by_id = format!("id,人数\n{},\n", old["id"].as_str().unwrap_or_default());
    import(&mia, "customer", by_id, &json!({ "mode": "update", "key": "id", "clear_empty": true })).await;
    assert_eq!(mia.record("customer", &old).await["staff"], Value::Null);

    for (options, code) in [
        (json!({ "key": "name" }), "import.key"),
        (json!({ "key": "email" }), "import.key"),
        (json!({ "mode": "update" }), "import.key_missing"),
        (json!({ "owner": "nobody" }), "import.owner"),
        (json!({ "map": { "名称": "orders" } }), "import.map"),
        (json!({ "map": { "名字": "name" } }), "import.map_column"),
    ] {
        let told = send(&mia, "customer", file, &options).await.problem(422, "record.invalid");
        assert_eq!(told["violations"][0]["code"], code, "{told:#}");
    }
    send(&mia, "customer", file, &json!({ "mood": "good" })).await.problem(400, "body.wrong_shape");
}

async fn a_file_names_a_record_once(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let file = "名称,手机\n甲,13900000001\n乙,13900000002\n丙,139 0000 0001\n";

    let twice = import(&mia, "customer", file, &json!({ "key": "phone" })).await;

    let told = &twice["result"]["refused"][0];
    assert_eq!(
        (&told["row"], &told["problems"][0]["code"]),
        (&json!(4), &json!("import.key_repeated")),
        "{twice:#}"
    );
    assert!(told["problems"][0]["message"].as_str().is_some_and(|said| said.contains('2')), "{told:#}");
    assert_eq!(people(&mia).await.len(), 2);
}

async fn relations_are_named_and_sub_tables_take_several_rows(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    mia.create("customer", &json!({ "name": "甲", "phone": "13900000001" })).await;
    mia.create("customer", &json!({ "name": "乙" })).await;
    mia.create("customer", &json!({ "name": "乙" })).await;
    let file = "客户,状态,明细.商品,明细.数量,明细.单价\n\
                13900000001,已付款,茶,2,10.50\n\
                ,,杯,1,3\n\
                甲,草稿,壶,1,99\n\
                乙,草稿,壶,1,1\n\
                甲,草稿,盘,没有,1\n\
                ,,碗,1,面议\n";

    let job = import(&mia, "order", file, &json!({})).await;

    assert_eq!(
        (&job["result"]["created"], &job["errors"], &job["done"]),
        (&json!(2), &json!(2), &json!(6)),
        "{job:#}"
    );
    let orders = mia.get("/api/entities/order/records?sort=number").await.expect(200);
    let lines = orders["items"][0]["lines"].as_array().cloned().unwrap_or_default();
    assert_eq!((lines.len(), &orders["items"][0]["amount"]), (2, &json!("24.00")), "{orders:#}");
    assert_eq!(orders["items"][1]["number"], "DD-000002", "a refused row takes no number");
    let refused = &job["result"]["refused"];
    assert_eq!(refused[0]["problems"][0]["code"], "import.several_records", "{refused:#}");
    let cells: Vec<(&Value, &Value)> = refused[1]["problems"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|cell| (&cell["column"], &cell["row"]))
        .collect();
    assert_eq!(cells, [(&json!("D"), &Value::Null), (&json!("E"), &json!(7))], "{refused:#}");
}

async fn a_mapping_is_remembered_for_the_same_header(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);
    let map = json!({ "map": { "大名": "name", "规模": "staff" } });

    import(&mia, "customer", "大名,规模,备注\n甲,1,x\n", &map).await;
    let again = import(&mia, "customer", "导出时间 2026\n大名,规模,备注\n乙,2,y\n", &json!({})).await;

    assert_eq!(
        again["result"]["mapped"],
        json!({ "大名": "name", "规模": "staff", "备注": "notes" }),
        "{again:#}"
    );
    assert_eq!(again["result"]["created"], 1);
    send(&noah, "customer", "大名,规模\n丙,3\n", &json!({})).await.problem(400, "file.unreadable");
    let guessed = import(&mia, "customer", "名称,生日,余额\n丁,1990-01-02,12.5\n", &json!({})).await;
    let guesses = &guessed["result"]["guessed"];
    assert_eq!(
        (&guesses[0]["kind"], &guesses[1]["kind"]),
        (&json!("date"), &json!("decimal")),
        "{guessed:#}"
    );
}

async fn wrong_rows_come_back_as_a_workbook_that_can_be_sent_again(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let file = "名称,人数\n甲,1\n乙,许多\n,3\n";

    let job = import(&mia, "customer", file, &json!({})).await;
    assert_eq!((&job["result"]["created"], &job["errors"]), (&json!(1), &json!(2)), "{job:#}");
    let path = job["result"]["error_file"].as_str().expect("a file of what was wrong");
    let bytes = download(&mia, path).await;
    let rows = mia.get(path.split('?').next().unwrap_or_default()).await.expect(200);
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(2), "{rows:#}");

    let again = import(&mia, "customer", bytes, &json!({})).await;
    assert_eq!((&again["errors"], &again["total"]), (&json!(2), &json!(2)), "{again:#}");
    assert_eq!(again["result"]["refused"][0]["problems"][0]["value"], "许多");
    assert_eq!(again["result"]["unmapped"].as_array().map(Vec::len), Some(1), "the reason: {again:#}");
}

async fn an_import_is_taken_back_where_nobody_has_worked_on_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (mia, noah) = (server.sign_in("mia").await, server.sign_in("noah").await);
    let old = mia
        .create("customer", &json!({ "name": "旧", "phone": "13900000009", "staff": 1, "notes": "原" }))
        .await;
    let file = "名称,手机,人数,备注\n甲,13900000001,1,\n乙,13900000002,2,\n新,13900000009,9,改\n";
    let job = import(&mia, "customer", file, &json!({ "key": "phone", "workflows": false })).await;
    let id = job["id"].as_str().expect("a job has an id").to_owned();
    let found = people(&mia).await;
    let (_, second) = found.iter().find(|(name, _)| name == "乙").expect("it was imported");
    let path = kezhi_tests::client::path_of("customer", second);
    noah.patch(&path, &json!({ "notes": "谈过" })).await.expect(200);
    noah.patch(&kezhi_tests::client::path_of("customer", &old), &json!({ "notes": "再改" }))
        .await
        .expect(200);

    noah.post(&format!("/api/imports/{id}/undo"), &json!({})).await.problem(404, "job.not_found");
    let undo = mia.post(&format!("/api/imports/{id}/undo"), &json!({})).await.expect(202);
    let undo = wait::job(&mia, &undo).await;

    assert_eq!(
        (&undo["result"]["deleted"], &undo["errors"], &undo["state"]),
        (&json!(1), &json!(2), &json!("done")),
        "{undo:#}"
    );
    let codes: Vec<&Value> = undo["result"]["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|row| row["problems"].as_array().into_iter().flatten())
        .map(|problem| &problem["code"])
        .collect();
    assert_eq!(codes, ["import.changed_since", "import.changed_since"], "{undo:#}");
    let names: Vec<String> = people(&mia).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["乙", "旧"], "what somebody has worked on stays");
    let now = mia.record("customer", &old).await;
    assert_eq!((&now["staff"], &now["notes"]), (&json!(1), &json!("再改")));
    mia.post(&format!("/api/imports/{id}/undo"), &json!({})).await.problem(409, "import.undone");
}

async fn a_trial_knows_the_whole_file(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let mut file = String::from("名称,手机\n");
    for at in 0..1_201 {
        file.push_str(&format!("甲{at},{}\n", 13_900_000_000_u64 + at % 1_200));
    }

    let tried = import(&mia, "customer", file, &json!({ "dry_run": true })).await;

    assert_eq!((&tried["result"]["created"], &tried["errors"]), (&json!(1_200), &json!(1)), "{tried:#}");
    assert_eq!(tried["result"]["refused"][0]["problems"][0]["code"], "record.not_unique");
    assert!(people(&mia).await.is_empty());
    let id = tried["id"].as_str().unwrap_or_default();
    let undo = mia.send(mia.request(Method::POST, &format!("/api/imports/{id}/undo"))).await;
    undo.problem(409, "import.nothing_to_undo");
}

async fn what_a_file_says_of_a_record_that_is_not_seen(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (admin, mia, ann) =
        (server.sign_in("admin").await, server.sign_in("mia").await, server.sign_in("ann").await);
    let role = std::fs::read_to_string(kezhi_tests::tree::root().join("tests/fixtures/app/roles/clerk.json"));
    let mut role: Value = serde_json::from_str(&role.expect("a fixture can be read")).expect("JSON");
    role["entities"]["customer"]["import"] = json!(true);
    admin.put("/api/draft/roles/clerk", role.to_string()).await;
    admin.post("/api/draft/publish", &json!({ "note": "clerks import" })).await.expect(201);
    let hers = mia.create("customer", &json!({ "name": "甲", "phone": "13900000001" })).await;
    ann.create("customer", &json!({ "name": "乙", "phone": "13900000002", "staff": 1 })).await;

    let id = hers["id"].as_str().unwrap_or_default();
    let file = format!("id,手机,人数\n{id},,9\n,13900000001,9\n,13900000009,9\n,13900000002,9\n");
    let options = json!({ "mode": "update", "key": ["id", "phone"] });
    let job = import(&ann, "customer", file, &options).await;

    let codes: Vec<&Value> = job["result"]["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| &row["problems"][0]["code"])
        .collect();
    assert_eq!(codes, ["import.no_match"; 3], "whether there is such a record is not told: {job:#}");
    assert_eq!(job["result"]["updated"], 1, "{job:#}");
    let hidden = format!("id,人数\n{id},9\n01980000-0000-7000-8000-0000000000a1,9\n");
    let job = import(&ann, "customer", hidden, &json!({ "mode": "upsert", "key": "id" })).await;
    let told: Vec<&Value> = job["result"]["refused"].as_array().into_iter().flatten().collect();
    assert_eq!(told.len(), 2, "{job:#}");
    assert_eq!(told[0]["problems"][0]["code"], told[1]["problems"][0]["code"], "{job:#}");
    assert_eq!(mia.record("customer", &hers).await["staff"], Value::Null);
    let cost = send(&ann, "customer", "名称,成本\n丙,1\n", &json!({ "map": { "成本": "cost" } })).await;
    cost.problem(422, "record.invalid");
    let job = import(&ann, "customer", "名称,成本,推荐人\n丙,1,甲\n", &json!({})).await;
    assert_eq!(job["result"]["unmapped"], json!(["成本"]), "{job:#}");
    assert_eq!(job["result"]["refused"][0]["problems"][0]["code"], "import.unknown_record", "{job:#}");
}

async fn the_command_says_what_was_refused(backend: Backend) {
    let server = TestServer::start(backend).await;
    let place = server.place();
    let file = place.folder.write("rows.csv", "名称,人数\n甲,1\n乙,许多\n");
    let file = file.to_string_lossy().into_owned();
    let run = async |more: &[&str]| {
        let arguments: Vec<&str> = ["import", "customer", &file].iter().chain(more).copied().collect();
        let output = place.command(&arguments).output().await.expect("the command runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };

    let (code, said, complaint) = run(&["--dry-run"]).await;
    assert_eq!(code, Some(1), "{said}{complaint}");
    assert!(said.contains("1 would be created, 0 would be updated, 1 would be refused"), "{said}");
    assert!(complaint.contains("1 of 2 rows would be refused"), "{complaint}");
    let (code, _, complaint) = run(&["--map", "规模=staff"]).await;
    assert!(code == Some(1) && complaint.contains("规模"), "{complaint}");
    let (code, said, complaint) = run(&[]).await;
    assert!(code == Some(1) && complaint.contains("1 of 2 rows were refused"), "{complaint}");
    assert!(said.contains("B3 (人数) `许多`") && said.contains("1 created, 0 updated, 1 refused"), "{said}");
    place.folder.write("rows.csv", "名称,人数\n丙,1\n");
    let (code, said, complaint) = run(&[]).await;
    assert!(code == Some(0) && complaint.is_empty(), "{said}{complaint}");
}

async fn a_database_without_jobs_is_upgraded(backend: Backend) {
    let place = kezhi_tests::image::of(backend).await.copy();
    for statement in [
        "DELETE FROM seaql_migrations WHERE version = 'm20261122_000008_jobs'",
        "DROP TABLE jobs",
        "DROP TABLE job_rows",
        "DROP TABLE job_keys",
        "DROP TABLE import_maps",
    ] {
        place.alter(statement);
    }
    let server = TestServer::on(place).await;
    let mia = server.sign_in("mia").await;
    let job = import(&mia, "customer", "名称\n甲\n", &json!({})).await;
    assert_eq!((&job["state"], &job["result"]["created"]), (&json!("done"), &json!(1)), "{job:#}");
}

async fn a_workbook_before_2007_is_read(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let cells =
        [(0, 1, "名称"), (0, 2, "手机"), (1, 1, "甲"), (1, 2, "13900000001"), (3, 1, "乙"), (3, 2, "许多")];
    let file = old_workbook::bytes(&cells, (4, 3));

    let job = import(&mia, "customer", file.clone(), &json!({ "sheet": "Sheet1" })).await;

    assert_eq!((&job["result"]["created"], &job["errors"]), (&json!(1), &json!(1)), "{job:#}");
    assert_eq!(job["result"]["sheet"], "Sheet1");
    let told = &job["result"]["refused"][0];
    assert_eq!((&told["row"], &told["problems"][0]["column"]), (&json!(4), &json!("C")), "{job:#}");
    assert_eq!(people(&mia).await[0].1["phone"], "13900000001");
    let answer = send(&mia, "customer", file, &json!({ "sheet": "Sheet2" })).await;
    answer.problem(400, "file.unreadable");
}

async fn a_cell_that_holds_an_error_is_no_value_of_any_field(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = server.sign_in("admin").await;
    let sheet = json!({ "title": "单据", "type": "object", "properties": {
        "name": { "title": "名称", "x-kind": "text" }, "more": { "title": "其他", "x-kind": "json" },
        "many": { "title": "数", "x-kind": "integer" }, "is": { "title": "是", "x-kind": "boolean" } } });
    admin.put("/api/draft/entities/sheet", sheet.to_string()).await;
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (column, title) in (0..).zip(["名称", "其他", "数", "是"]) {
        page.write_string(0, column, title).expect("a cell");
    }
    for row in 1..4 {
        page.write_string(row, 0, format!("第{row}")).expect("a cell");
        let error = rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!");
        page.write_formula(row, u16::try_from(row).expect("three"), error).expect("a cell");
    }
    let file = book.save_to_buffer().expect("a small workbook");

    let job = import(&admin, "sheet", file, &json!({})).await;

    let codes: Vec<&Value> = job["result"]["refused"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|row| row["problems"].as_array().into_iter().flatten())
        .map(|problem| &problem["code"])
        .collect();
    assert_eq!(codes, ["import.cell_error"; 3], "{job:#}");
    assert_eq!(job["result"]["created"], 0);
}

async fn a_header_that_is_a_text_is_no_header(backend: Backend) {
    let server = TestServer::start(backend).await;
    let mia = server.sign_in("mia").await;
    let file = format!("名称,备注（{}）,人数\n甲,一,许多\n乙,二,2\n", "长".repeat(40_000));

    let job = import(&mia, "customer", file, &json!({})).await;

    assert_eq!(job["result"]["mapped"], json!({ "名称": "name", "人数": "staff" }));
    let path = format!("/api/jobs/{}/errors?format=xlsx", job["id"].as_str().unwrap_or_default());
    let rows = download(&mia, &path).await;
    let again = import(&mia, "customer", rows, &json!({ "dry_run": true })).await;
    assert_eq!((&again["total"], &again["errors"]), (&json!(1), &json!(1)), "{again:#}");
}
