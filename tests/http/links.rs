//! Fields that name many records, and lookups: what is stored, found, refused and told.

use kezhi_tests::client::path_of;
use kezhi_tests::image::PASSWORD;
use kezhi_tests::{Backend, Client, TestServer, files, on_both};
use reqwest::Method;
use serde_json::{Value, json};

on_both!(
    many_records_are_named_proved_told_and_found,
    those_that_name_a_record_are_counted_and_rolled_up,
    a_named_record_goes_as_the_relation_says,
    a_sheet_names_many_records_and_tells_them,
    a_lookup_is_read_wherever_a_record_is,
    a_lookup_is_as_open_as_the_record_behind_it,
    a_lookup_asks_and_groups_as_its_path_does,
    of_many_only_what_is_new_must_be_readable,
);

/// A product, a bundle that names products in three ways, and a line that shows what stands on its product.
async fn shop(server: &TestServer) -> Client {
    let admin = server.sign_in("admin").await;
    let many = |title: &str, on_delete: &str| json!({ "title": title, "x-kind": "relations", "x-relation": { "entity": "product", "on_delete": on_delete } });
    let rollup = |via: &str, aggregate: &str, field: Value| {
        let mut rollup = json!({ "entity": "bundle", "via": via, "aggregate": aggregate });
        if field.is_string() {
            rollup["field"] = field;
        }
        json!({ "title": via, "x-kind": "rollup", "x-rollup": rollup })
    };
    let product = json!({ "title": "商品", "properties": {
        "name": { "title": "名称", "x-kind": "text", "x-unique": true },
        "phone": { "title": "电话", "x-kind": "phone" },
        "price": { "title": "价格", "x-kind": "money" },
        "shelf": { "title": "货架", "x-kind": "choice", "enum": ["low", "high"] },
        "bundles": rollup("products", "count", Value::Null),
        "sold": rollup("products", "sum", json!("price")),
    } });
    let bundle = json!({ "title": "套装", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "price": { "title": "价格", "x-kind": "money" },
        "products": many("商品", "refuse"),
        "extras": many("赠品", "clear"),
        "basis": many("基础", "cascade"),
        "dear": { "title": "贵重", "x-kind": "boolean", "x-readonly": { "some": "products", "where": { "field": "price", "op": "gte", "value": "100" } } },
    } });
    let line = json!({ "title": "明细", "properties": {
        "name": { "title": "名称", "x-kind": "text" },
        "product": { "title": "商品", "x-kind": "relation", "x-relation": { "entity": "product" } },
        "phone": { "title": "电话", "x-kind": "lookup", "x-lookup": { "via": "product", "field": "phone" } },
        "price": { "title": "价格", "x-kind": "lookup", "x-lookup": { "via": "product", "field": "price" } },
        "shelf": { "title": "货架", "x-kind": "lookup", "x-lookup": { "via": "product", "field": "shelf" } },
        "sold": { "title": "套装额", "x-kind": "lookup", "x-lookup": { "via": "product", "field": "sold" } },
        "double": { "title": "两倍", "x-kind": "computed", "x-result": "money", "x-compute": "price * 2" },
    } });
    publish(&admin, &[("entities/product", product), ("entities/bundle", bundle), ("entities/line", line)])
        .await;
    admin
}

async fn publish(admin: &Client, files: &[(&str, Value)]) {
    for (path, file) in files {
        let answer = admin.put(&format!("/api/draft/{path}"), file.to_string()).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    let answer = admin.post("/api/draft/publish", &json!({ "note": "" })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn products(admin: &Client, names: &[&str]) -> Vec<Value> {
    let mut made = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let price = format!("{}.00", (at + 1) * 50);
        made.push(admin.create("product", &json!({ "name": name, "price": price })).await);
    }
    made
}

fn ids(of: &[&Value]) -> Vec<Value> {
    of.iter().map(|record| record["id"].clone()).collect()
}

/// The names of what a condition finds, sorted.
async fn found(client: &Client, entity: &str, condition: &Value) -> Vec<String> {
    let answer = client.post(&format!("/api/entities/{entity}/query"), &json!({ "where": condition })).await;
    assert_eq!(answer.status, 200, "{condition}: {answer:?}");
    let items = answer.body["items"].as_array().into_iter().flatten();
    let mut names: Vec<String> = items.filter_map(|item| Some(item["name"].as_str()?.to_owned())).collect();
    names.sort();
    names
}

async fn agrees(admin: &Client) {
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!(proved["differences"], json!(0), "{proved:#}");
}

async fn many_records_are_named_proved_told_and_found(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let made = products(&admin, &["tea", "cup", "pot"]).await;
    let [tea, cup, pot] = made.as_slice() else { panic!("three") };
    let nobody = json!("01980000-0000-7000-8000-0000000000a1");
    let path = "/api/entities/bundle/records";
    for (products, told) in [
        (json!([tea["id"], tea["id"]]), "record.duplicate_item /products"),
        (json!([tea["id"], nobody]), "record.unknown_reference /products"),
        (json!(tea["id"]), "record.wrong_type /products"),
        (json!([1]), "record.wrong_type /products"),
    ] {
        admin.post(path, &json!({ "name": "x", "products": products })).await.violations(&[told]);
    }
    let one = admin.create("bundle", &json!({ "name": "one", "products": ids(&[pot, tea]) })).await;
    assert_eq!(one["products"], json!(ids(&[pot, tea])), "in the order given");
    admin.create("bundle", &json!({ "name": "two", "products": ids(&[cup]) })).await;
    admin.create("bundle", &json!({ "name": "none" })).await;
    let price = |op: &str, value: &str| json!({ "field": "price", "op": op, "value": value });
    for (condition, names) in [
        (json!({ "field": "products", "op": "has", "value": tea["id"] }), vec!["one"]),
        (json!({ "field": "products", "op": "has_any", "value": ids(&[tea, cup]) }), vec!["one", "two"]),
        (json!({ "field": "products", "op": "has_all", "value": ids(&[tea, pot]) }), vec!["one"]),
        (json!({ "field": "products", "op": "has_all", "value": ids(&[tea, cup]) }), vec![]),
        (json!({ "not": { "field": "products", "op": "has", "value": tea["id"] } }), vec!["none", "two"]),
        (json!({ "field": "products", "op": "empty" }), vec!["none"]),
        (json!({ "some": "products", "where": price("gte", "150") }), vec!["one"]),
        (json!({ "some": "products" }), vec!["one", "two"]),
        (json!({ "every": "products", "where": price("lte", "100") }), vec!["none", "two"]),
        (json!({ "count": "products", "op": "eq", "value": 2 }), vec!["one"]),
        (json!({ "count": "products", "where": price("gt", "60"), "op": "lt", "value": 1 }), vec!["none"]),
    ] {
        assert_eq!(found(&admin, "bundle", &condition).await, names, "{condition}");
    }
    let list = admin.get(&format!("{path}?include=products&fields=products&sort=name")).await.expect(200);
    let (titles, included) = (&list["titles"], &list["included"]["products"]);
    for (record, name) in [(tea, "tea"), (cup, "cup"), (pot, "pot")] {
        let id = record["id"].as_str().expect("an id");
        assert_eq!((&titles[id], &included[id]["name"]), (&json!(name), &json!(name)), "{list:#}");
    }
    let dotted = json!({ "field": "products.name", "op": "eq", "value": "tea" });
    let refused = admin.post("/api/entities/bundle/query", &json!({ "where": dotted })).await;
    assert_eq!(refused.status, 422, "{refused:?}");
    let schema = admin.get("/api/entities/bundle/schema").await.expect(200);
    assert_eq!(schema["properties"]["products"]["items"]["format"], "uuid", "{schema:#}");
    agrees(&admin).await;
}

async fn those_that_name_a_record_are_counted_and_rolled_up(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let made = products(&admin, &["tea", "cup"]).await;
    let [tea, cup] = made.as_slice() else { panic!("two") };
    let both = admin
        .create("bundle", &json!({ "name": "both", "price": "9.90", "products": ids(&[tea, cup]) }))
        .await;
    let one =
        admin.create("bundle", &json!({ "name": "one", "price": "5.00", "products": ids(&[tea]) })).await;
    let stand = async |record: &Value| {
        let stored = admin.record("product", record).await;
        json!([stored["bundles"], stored["sold"]])
    };
    assert_eq!((stand(tea).await, stand(cup).await), (json!([2, "14.90"]), json!([1, "9.90"])));
    let dear = json!({ "field": "price", "op": "gt", "value": "9" });
    for (condition, names) in [
        (json!({ "some": "bundle.products", "where": dear }), vec!["cup", "tea"]),
        (json!({ "every": "bundle.products", "where": dear }), vec!["cup"]),
        (json!({ "count": "bundle.products", "op": "gte", "value": 2 }), vec!["tea"]),
        (
            json!({ "some": "bundle.products", "where": { "some": "products", "where": { "field": "name", "op": "eq", "value": "cup" } } }),
            vec!["cup", "tea"],
        ),
    ] {
        assert_eq!(found(&admin, "product", &condition).await, names, "{condition}");
    }
    admin.patch(&path_of("bundle", &both), &json!({ "products": ids(&[cup]) })).await.expect(200);
    assert_eq!((stand(tea).await, stand(cup).await), (json!([1, "5.00"]), json!([1, "9.90"])));
    admin.patch(&path_of("bundle", &both), &json!({ "price": "7.00" })).await.expect(200);
    assert_eq!(stand(cup).await, json!([1, "7.00"]));
    admin.delete(&path_of("bundle", &one)).await.expect(204);
    assert_eq!(stand(tea).await, json!([0, "0.00"]));
    admin.post(&format!("{}/restore", path_of("bundle", &one)), &json!({})).await.expect(204);
    assert_eq!(stand(tea).await, json!([1, "5.00"]));
    let was = admin.record("bundle", &both).await;
    admin.patch(&path_of("bundle", &both), &json!({ "products": null })).await.expect(200);
    let at = was["updated_at"].as_str().expect("an instant");
    let then = admin.get(&format!("{}?as_of={at}", path_of("bundle", &both))).await.expect(200);
    assert_eq!(then["products"], json!(ids(&[cup])), "{then:#}");
    // The judgement of a record looks at the records that it names as they are.
    let cheap = json!({ "dear": true, "products": ids(&[tea]) });
    admin.create("bundle", &cheap).await;
    let big = admin.create("product", &json!({ "name": "samovar", "price": "100" })).await;
    let bundle = admin.create("bundle", &json!({ "products": ids(&[tea, &big]) })).await;
    let locked = admin.patch(&path_of("bundle", &bundle), &json!({ "dear": true })).await;
    locked.violations(&["record.read_only /dear"]);
    agrees(&admin).await;
}

async fn a_named_record_goes_as_the_relation_says(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let made = products(&admin, &["tea", "cup", "pot"]).await;
    let [tea, cup, pot] = made.as_slice() else { panic!("three") };
    let kept = admin
        .create("bundle", &json!({ "name": "kept", "products": ids(&[tea]), "extras": ids(&[cup, pot]) }))
        .await;
    let gone = admin.create("bundle", &json!({ "name": "gone", "basis": ids(&[tea, pot]) })).await;

    let refused = admin.delete(&path_of("product", tea)).await.problem(409, "record.referenced");
    assert_eq!(
        json!([refused["entity"], refused["field"], refused["count"]]),
        json!(["bundle", "products", 1]),
        "{refused:#}"
    );
    admin.delete(&path_of("product", cup)).await.expect(204);
    let stored = admin.record("bundle", &kept).await;
    assert_eq!((&stored["extras"], &stored["version"]), (&json!(ids(&[pot])), &json!(2)), "{stored:#}");
    admin.delete(&path_of("product", pot)).await.expect(204);
    assert_eq!(admin.record("bundle", &kept).await["extras"], Value::Null);
    admin.get(&path_of("bundle", &gone)).await.problem(404, "record.not_found");
    assert_eq!(found(&admin, "bundle", &json!({ "some": "basis" })).await, [""; 0]);
    agrees(&admin).await;
}

async fn a_sheet_names_many_records_and_tells_them(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let made = products(&admin, &["tea", "cup"]).await;
    let [tea, cup] = made.as_slice() else { panic!("two") };
    let sheet = "名称,商品\n甲,tea;cup\n乙,tea;nothing\n";
    let done = files::import(&admin, "bundle", sheet, &json!({})).await;
    let imported = &done["result"];
    assert_eq!((&imported["created"], imported["refused"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    let page = admin.post("/api/entities/bundle/query", &json!({})).await.expect(200);
    assert_eq!(page["items"][0]["products"], json!(ids(&[tea, cup])), "{page:#}");
    admin.create("line", &json!({ "name": "乙", "product": cup["id"] })).await;
    for (entity, fields, told) in [("bundle", "products", "tea"), ("line", "price", "100.00")] {
        let path = format!("/api/entities/{entity}/export?format=csv&labels=true&fields={fields}");
        let text = String::from_utf8_lossy(&files::download(&admin, &path).await).into_owned();
        assert!(text.contains(told), "{text}");
    }
    agrees(&admin).await;
}

async fn a_lookup_is_read_wherever_a_record_is(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    let tea = admin
        .create("product", &json!({ "name": "tea", "price": "50", "phone": "138-0000-0001", "shelf": "low" }))
        .await;
    let line = admin.create("line", &json!({ "name": "a", "product": tea["id"] })).await;
    let path = path_of("line", &line);
    let seen = |record: &Value| {
        json!([record["phone"], record["price"], record["shelf"], record["sold"], record["double"]])
    };
    let first = json!(["138-0000-0001", "50.00", "low", "0.00", "100.00"]);
    assert_eq!(seen(&line), first, "{line:#}");
    assert_eq!(seen(&admin.get(&path).await.expect(200)), first);

    let other = admin.create("product", &json!({ "name": "cup", "price": "7", "shelf": "high" })).await;
    admin.create("line", &json!({ "name": "b", "product": other["id"] })).await;
    admin.create("line", &json!({ "name": "c" })).await;
    let list = admin.get("/api/entities/line/records?sort=name&fields=name,price").await.expect(200);
    let told: Vec<Value> =
        list["items"].as_array().into_iter().flatten().map(|item| item["price"].clone()).collect();
    assert_eq!(told, [json!("50.00"), json!("7.00"), Value::Null], "{list:#}");
    let form = json!({ "values": { "product": other["id"], "price": "1" } });
    let state = admin.post("/api/forms/line/evaluate", &form).await.expect(200);
    assert_eq!(
        (&state["values"]["price"], &state["readonly"]["price"]),
        (&json!("7.00"), &json!(true)),
        "{state:#}"
    );

    let was = admin.record("line", &line).await;
    let at = was["updated_at"].as_str().expect("an instant").to_owned();
    admin.patch(&path_of("product", &tea), &json!({ "price": "60", "phone": null })).await.expect(200);
    admin.create("bundle", &json!({ "price": "5", "products": [tea["id"]] })).await;
    let now = admin.record("line", &line).await;
    assert_eq!(seen(&now), json!([null, "60.00", "low", "5.00", "120.00"]), "{now:#}");
    let then = admin.get(&format!("{path}?as_of={at}")).await.expect(200);
    assert_eq!((&then["price"], &then["phone"]), (&json!("50.00"), &json!("138-0000-0001")), "{then:#}");

    let late = admin.request(Method::PATCH, &path).header("if-match", "\"0\"").json(&json!({ "name": "z" }));
    let late = admin.send(late).await.problem(412, "record.stale");
    assert_eq!(seen(&late["stored"]), seen(&now), "a conflict tells what reading tells: {late:#}");
    let late = admin.send(admin.request(Method::DELETE, &path).header("if-match", "\"0\"")).await;
    assert_eq!(seen(&late.problem(412, "record.stale")["stored"]), seen(&now));
    admin.patch(&path, &json!({ "price": "1" })).await.violations(&["record.read_only /price"]);
    admin.patch(&path, &json!({ "product": null })).await.expect(200);
    let empty = admin.record("line", &line).await;
    assert!(empty.get("price").is_none() && empty["double"].is_null(), "{empty:#}");
    let sorted = admin.get("/api/entities/line/records?sort=-price&fields=name").await.expect(200);
    let names: Vec<&Value> =
        sorted["items"].as_array().into_iter().flatten().map(|item| &item["name"]).collect();
    assert_eq!(names[0], "b", "absent values come last: {sorted:#}");
    agrees(&admin).await;
}

/// People who read lines, each with less of the products behind them.
async fn readers(admin: &Client) {
    let line = json!({ "create": true, "read": true, "update": true });
    let cheap = json!({ "where": { "field": "price", "op": "lt", "value": "100" } });
    for (key, entities) in [
        ("blind", json!({ "line": line })),
        ("half", json!({ "line": line, "bundle": line, "product": { "read": cheap } })),
        (
            "masked",
            json!({ "line": line, "product": { "read": true, "fields": { "phone": "masked", "price": "hidden" } } }),
        ),
        (
            "covered",
            json!({ "line": { "read": true, "fields": { "phone": "masked", "price": "hidden" } }, "product": { "read": true } }),
        ),
    ] {
        let role = json!({ "title": key, "entities": entities });
        let saved = admin.put(&format!("/api/draft/roles/{key}"), role.to_string()).await;
        // What is derived from hidden fields and shown all the same is what these roles are about.
        let told = saved.body["diagnostics"].as_array().expect("a list");
        assert!(saved.status < 300, "{saved:?}");
        assert!(told.iter().all(|found| found["code"] == "role.derived_shown"), "{saved:?}");
    }
    admin.post("/api/draft/publish", &json!({})).await.expect(201);
    for key in ["blind", "half", "masked", "covered"] {
        let person = json!({ "login": key, "name": key, "password": PASSWORD, "roles": [key] });
        admin.post("/api/users", &person).await.expect(201);
    }
}

async fn a_lookup_is_as_open_as_the_record_behind_it(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    readers(&admin).await;
    let cheap =
        admin.create("product", &json!({ "name": "tea", "price": "50", "phone": "13800000001" })).await;
    let dear =
        admin.create("product", &json!({ "name": "pot", "price": "500", "phone": "13800000002" })).await;
    let a = admin.create("line", &json!({ "name": "a", "product": cheap["id"] })).await;
    let b = admin.create("line", &json!({ "name": "b", "product": dear["id"] })).await;

    let seen = async |login: &str, record: &Value| {
        let client = server.sign_in(login).await;
        let one = client.get(&path_of("line", record)).await.expect(200);
        let list = client.get("/api/entities/line/records").await.expect(200);
        let name = &record["name"];
        let same = list["items"].as_array().into_iter().flatten().find(|item| item["name"] == *name);
        let told = |record: &Value| json!([record["phone"], record["price"], record["masked"]]);
        assert_eq!(same.map(told), Some(told(&one)), "{login}: a list says the same");
        told(&one)
    };
    let nothing = json!([null, null, null]);
    assert_eq!(seen("blind", &a).await, nothing);
    assert_eq!(seen("half", &a).await, json!(["13800000001", "50.00", null]));
    assert_eq!(seen("half", &b).await, nothing, "a record that may not be read");
    assert_eq!(seen("masked", &a).await, json!(["138****0001", null, ["phone"]]));
    assert_eq!(seen("covered", &a).await, json!(["138****0001", null, ["phone"]]));

    let asked = async |login: &str, field: &str, value: &str| {
        let condition = json!({ "field": field, "op": "eq", "value": value });
        let client = server.sign_in(login).await;
        let answer = client.post("/api/entities/line/query", &json!({ "where": condition })).await;
        (answer.status, answer.body["items"].as_array().map(Vec::len))
    };
    for (login, field, value, told) in [
        ("blind", "price", "50", (422, None)),
        ("half", "price", "50", (200, Some(1))),
        ("half", "price", "500", (200, Some(0))),
        ("masked", "phone", "13800000001", (422, None)),
        ("masked", "price", "50", (422, None)),
        ("covered", "price", "50", (422, None)),
        ("covered", "phone", "13800000001", (422, None)),
    ] {
        assert_eq!(asked(login, field, value).await, told, "{login} asks for {field} {value}");
    }
    let blind = server.sign_in("blind").await;
    let of_dear = json!({ "product": dear["id"] });
    let refused = blind.post("/api/entities/line/records", &of_dear).await;
    refused.violations(&["record.unknown_reference /product"]);
    let evaluated = blind.post("/api/forms/line/evaluate", &json!({ "values": of_dear })).await;
    assert!(evaluated.expect(200)["values"].get("price").is_none());
}

async fn of_many_only_what_is_new_must_be_readable(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    readers(&admin).await;
    let made = products(&admin, &["tea", "cup"]).await;
    let [cheap, dear] = made.as_slice() else { panic!("two") };
    // What others named stays, whoever sends the list.
    let half = server.sign_in("half").await;
    let bundle = admin.create("bundle", &json!({ "products": ids(&[dear]) })).await;
    let path = path_of("bundle", &bundle);
    half.patch(&path, &json!({ "products": ids(&[dear, cheap]) })).await.expect(200);
    half.patch(&path, &json!({ "products": ids(&[cheap]), "dear": true })).await.expect(200);
    let refused = half.patch(&path, &json!({ "products": ids(&[dear, cheap]) })).await;
    refused.violations(&["record.unknown_reference /products"]);
}

async fn a_lookup_asks_and_groups_as_its_path_does(backend: Backend) {
    let server = TestServer::start(backend).await;
    let admin = shop(&server).await;
    for (name, price, shelf) in [("tea", "50", "low"), ("cup", "7", "high"), ("pot", "70", "high")] {
        let product = admin.create("product", &json!({ "name": name, "price": price, "shelf": shelf })).await;
        admin.create("line", &json!({ "name": name, "product": product["id"] })).await;
    }
    admin.create("line", &json!({ "name": "none" })).await;
    for (field, op, value) in [
        ("price", "gt", json!("10")),
        ("price", "ne", json!("7.00")),
        ("shelf", "in", json!(["high"])),
        ("shelf", "empty", Value::Null),
    ] {
        let of = |field: String| match value {
            Value::Null => json!({ "field": field, "op": op }),
            _ => json!({ "field": field, "op": op, "value": value }),
        };
        let (short, long) = (of(field.to_owned()), of(format!("product.{field}")));
        let told = found(&admin, "line", &short).await;
        assert_eq!(told, found(&admin, "line", &long).await, "{short}");
        assert!(!told.is_empty() && told.len() < 4, "{short}: {told:?}");
    }
    let request = json!({ "group_by": ["shelf"], "measures": [{ "sum": "price" }], "sort": ["shelf"] });
    let numbers = admin.post("/api/entities/line/aggregate", &request).await.expect(200);
    assert_eq!(
        numbers["items"],
        json!([
            { "shelf": "low", "sum_price": "50.00" },
            { "shelf": "high", "sum_price": "77.00" },
            { "shelf": null, "sum_price": "0.00" }
        ]),
        "{numbers:#}"
    );
}
