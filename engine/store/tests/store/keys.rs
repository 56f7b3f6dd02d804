//! Keys by which duplicates are found: filled in for what is there, kept by every write, proved, mended, cleared.

use kezhi_store::candidates::Probe;
use kezhi_store::matching;
use kezhi_types::query::{Comparison, Layout, Matching};
use kezhi_types::{Fields, Id};
use serde_json::json;

use crate::proofs::tamper;
use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    keys_are_filled_in_kept_and_cleared,
    keys_that_do_not_agree_are_found_and_mended,
    those_that_share_most_come_first_and_no_more_than_are_asked_for,
    one_transaction_may_hold_more_keys_than_the_database_has_locks,
);

fn by(by: Comparison) -> Matching {
    let column = if by == Comparison::Phone { phone() } else { name() };
    Matching { column, within: None, by }
}

fn matched(matched: &[Matching]) -> Layout {
    Layout { matched: matched.to_vec(), ..bare() }
}

/// What is asked for a customer of this name and telephone number.
fn probe(matching: &Matching, data: serde_json::Value, at_least: f64) -> Probe {
    let data: Fields = serde_json::from_value(data).expect("an object");
    let forms = matching::forms(matching, &data, &Fields::new());
    let values = forms.into_iter().map(|one| matching::keys(&vec![one])).collect();
    Probe { matching: matching.clone(), values, at_least }
}

async fn found(test: &TestStore, probes: &[Probe]) -> Vec<Id> {
    test.store.reader().candidates("customer", probes, None).await.expect("asked")
}

async fn kept(test: &TestStore) -> i64 {
    let mut found = Vec::new();
    let looked = test.store.verify("customer", None, false, &mut found).await.expect("proved");
    assert!(found.is_empty() && looked.is_some(), "{found:?}");
    test.store.reader().keys_kept("customer").await.expect("counted")
}

async fn keys_are_filled_in_kept_and_cleared(test: TestStore) {
    let (phones, names) = (by(Comparison::Phone), by(Comparison::Name));
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare");
    let records: Vec<_> = (0..1_200)
        .map(|n| {
            customer_of(json!({ "name": format!("客户{n}有限公司"), "phone": format!("+86 138{n:08}") }))
        })
        .collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &bare()).await.expect("insert");
    tx.commit().await.expect("commit");

    let layout = matched(&[phones.clone(), names.clone()]);
    test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("matched");
    assert_eq!(kept(&test).await, 2_400);
    let asked = [probe(&phones, json!({ "phone": "13800000007" }), 1.0)];
    assert_eq!(found(&test, &asked).await, [records[7].id]);
    let both = [asked[0].clone(), probe(&names, json!({ "name": "客户 7" }), 1.0)];
    assert_eq!(found(&test, &both).await, [records[7].id]);
    let other = [asked[0].clone(), probe(&names, json!({ "name": "客户 8" }), 1.0)];
    assert!(found(&test, &other).await.is_empty(), "all must agree");
    assert!(found(&test, &[probe(&phones, json!({}), 1.0)]).await.is_empty(), "nothing agrees with nothing");

    let mut changed = records[7].clone();
    changed.data.insert("phone".into(), json!("13911111111"));
    let mut tx = test.store.begin().await.expect("begin");
    tx.update_record(&changed, &layout).await.expect("update");
    tx.delete_record("customer", records[8].id, Id::SYSTEM, NOW).await.expect("delete");
    tx.commit().await.expect("commit");
    assert!(found(&test, &asked).await.is_empty());
    let gone = [probe(&phones, json!({ "phone": "13800000008" }), 1.0)];
    assert!(found(&test, &gone).await.is_empty(), "what lies in the bin is nobody's duplicate");
    assert_eq!(kept(&test).await, 2_400);

    // What is not wanted stays until the release lives that does not want it, then it goes.
    let less = matched(std::slice::from_ref(&names));
    test.store.ensure_layout(std::slice::from_ref(&less), &mut |_| ()).await.expect("less");
    assert_eq!(kept(&test).await, 2_400);
    test.store.tidy_layout(std::slice::from_ref(&less)).await.expect("tidied");
    assert_eq!(kept(&test).await, 1_200);
    test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("again");
    assert_eq!(kept(&test).await, 2_400);
    test.store.tidy_layout(&[bare()]).await.expect("tidied");
    assert_eq!(kept(&test).await, 0);
}

async fn keys_that_do_not_agree_are_found_and_mended(test: TestStore) {
    let layout = matched(&[by(Comparison::Phone), by(Comparison::Similar)]);
    test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("matched");
    let records: Vec<_> =
        (0..5).map(|n| customer_of(json!({ "name": "张三", "phone": format!("1380000000{n}") }))).collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &layout).await.expect("insert");
    tx.commit().await.expect("commit");
    let proof = async |repair: bool| {
        let mut found = Vec::new();
        test.store.verify("customer", None, repair, &mut found).await.expect("verify");
        test.store.verify_links("customer", repair, &mut found).await.expect("verify");
        found.into_iter().map(|one| one.what).collect::<Vec<_>>()
    };
    assert!(proof(false).await.is_empty());
    tamper(&test, "UPDATE m_customer SET key = key + 1 WHERE part = 0").await;
    assert_eq!(proof(false).await, ["duplicates"; 5]);
    assert_eq!(proof(true).await, ["duplicates"; 5]);
    assert!(proof(false).await.is_empty());
    tamper(&test, "DELETE FROM m_customer WHERE part = 1").await;
    assert_eq!(proof(true).await, ["duplicates"; 5]);
    let ids = records[0].id.to_string();
    let id = match test.config.url {
        kezhi_store::DatabaseUrl::Sqlite(_) => format!("x'{}'", ids.replace('-', "")),
        kezhi_store::DatabaseUrl::Postgres(_) => format!("'{ids}'"),
    };
    tamper(&test, &format!("DELETE FROM r_customer WHERE id = {id}")).await;
    assert_eq!(proof(true).await, ["duplicates"]);
    assert!(proof(false).await.is_empty());
}

async fn those_that_share_most_come_first_and_no_more_than_are_asked_for(test: TestStore) {
    let similar = by(Comparison::Similar);
    let layout = matched(std::slice::from_ref(&similar));
    test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("matched");
    let mut names: Vec<String> = (0..600).map(|n| format!("瑞丰{n}贸易有限公司")).collect();
    names.extend(["宏达贸易".to_owned(), "宏达商贸".to_owned(), "弘达贸易有限公司".to_owned()]);
    let records: Vec<_> = names.iter().map(|name| customer_of(json!({ "name": name }))).collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &layout).await.expect("insert");
    tx.commit().await.expect("commit");
    let of = async |name: &str, least: f64| -> Vec<String> {
        let ids = found(&test, &[probe(&similar, json!({ "name": name }), least)]).await;
        let place = |id: &Id| records.iter().position(|record| record.id == *id).expect("known");
        ids.iter().map(|id| names[place(id)].clone()).collect()
    };
    let near = of("宏达贸易有限公司", 0.6).await;
    assert_eq!((near[0].as_str(), near[1].as_str()), ("宏达贸易", "弘达贸易有限公司"), "{near:?}");
    assert!(!near.iter().any(|name| name.starts_with("瑞丰")), "{near:?}");
    assert_eq!(of("瑞丰贸易", 0.3).await.len(), 200, "a bounded number");
    assert!(of("阿里巴巴", 0.3).await.is_empty());
}

async fn one_transaction_may_hold_more_keys_than_the_database_has_locks(test: TestStore) {
    let phones = by(Comparison::Phone);
    let mut tx = test.store.begin().await.expect("begin");
    for at in 0..600 {
        let keys = (at * 100..(at + 1) * 100).collect();
        tx.hold_keys("customer", &phones, &keys).await.expect("held");
    }
    tx.commit().await.expect("commit");
    // And they are free again.
    let mut tx = test.store.begin().await.expect("begin");
    tx.hold_keys("customer", &phones, &[7].into()).await.expect("held");
    tx.commit().await.expect("commit");
}
