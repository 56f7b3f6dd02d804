//! `POST /api/verify` and `kezhi verify`: proof that what lies beside the records agrees with them.

use kezhi_tests::{Backend, TestServer, on_both};
use serde_json::json;

on_both!(a_used_workspace_is_proved_by_the_api_and_the_command);

async fn a_used_workspace_is_proved_by_the_api_and_the_command(backend: Backend) {
    let server = TestServer::start(backend).await;
    let (ann, admin) = (server.sign_in("ann").await, server.sign_in("admin").await);
    let shop = ann.create("customer", &json!({ "name": "张三", "phone": "138-0000-0001" })).await;
    for price in ["1.10", "2.20"] {
        let lines = json!([{ "product": "tea", "quantity": 2, "price": price }]);
        ann.create("order", &json!({ "customer": shop["id"], "lines": lines, "status": "paid" })).await;
    }
    ann.patch(&kezhi_tests::client::path_of("customer", &shop), &json!({ "name": "李四" })).await.expect(200);

    ann.post("/api/verify", &json!({})).await.problem(403, "access.denied");
    let proved = admin.post("/api/verify", &json!({})).await.expect(200);
    assert_eq!((&proved["differences"], &proved["items"]), (&json!(0), &json!([])), "{proved:#}");
    assert!(proved["records"].as_u64() >= Some(3), "{proved:#}");

    let said = server.place().command(&["verify"]).output().await.expect("the command runs");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!((said.status.code(), text.contains("agree")), (Some(0), true), "{text}");
}
