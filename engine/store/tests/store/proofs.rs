//! That indexes are used, that a copy which does not agree with its document is found and mended, that sums are
//! never rounded.

use kezhi_store::{DatabaseUrl, Error};
use kezhi_types::aggregate::{AggregateQuery, Function, Measure, Operand};
use kezhi_types::condition::Op;
use kezhi_types::query::{Filter, Search, SearchedField, Sort};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection};
use serde_json::json;

use crate::sample::*;
use crate::support::{TestStore, on_both};

on_both!(
    a_page_of_a_view_is_found_without_a_scan,
    what_does_not_agree_is_found_and_mended,
    a_sum_that_is_too_large_is_an_error,
    words_ask_only_the_fields_that_may_be_seen,
);

fn by(column: kezhi_types::query::Column, descending: bool) -> Sort {
    Sort { path: Vec::new(), column, descending, visible: None }
}

async fn a_page_of_a_view_is_found_without_a_scan(test: TestStore) {
    test.store.ensure_layout(&[bare()], &mut |_| ()).await.expect("bare");
    let records: Vec<_> = (0..3000)
        .map(|n| {
            let level = ["gold", "silver", "bronze"][n % 3];
            customer_of(json!({ "name": format!("c{n}"), "budget": format!("{n}.00"), "level": level }))
        })
        .collect();
    for some in records.chunks(500) {
        let mut tx = test.store.begin().await.expect("begin");
        tx.insert_records(some, &bare()).await.expect("insert");
        tx.commit().await.expect("commit");
    }
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("full");
    let gold = compare(level(), Op::Eq, json!("gold"));
    let rich = compare(budget(), Op::Gt, json!("100.00"));
    let both = Filter::All(vec![gold, rich]);
    for (filter, sort) in [
        (Some(both.clone()), vec![by(budget(), true)]),
        (Some(both), vec![by(budget(), false)]),
        (None, vec![by(name(), false)]),
        (None, vec![by(name(), true)]),
        (None, vec![]),
    ] {
        let mut question = query(filter, sort);
        question.limit = 50;
        let steps = test.store.reader().explain(&question).await.expect("explained").join("\n");
        let scans = steps
            .lines()
            .any(|step| step.contains("Seq Scan") || (step.contains("SCAN") && !step.contains("USING")));
        let sorts = steps.contains("TEMP B-TREE") || steps.contains("Sort ");
        assert!(!scans && !sorts, "{:?} {:?}:\n{steps}", question.filter, question.sort);
        assert_eq!(test.store.reader().list(&question).await.expect("list").records.len(), 50);
    }
}

/// Changes the database behind the store's back.
pub async fn tamper(test: &TestStore, statement: &str) {
    match &test.config.url {
        DatabaseUrl::Sqlite(path) => {
            let mut own = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
                .await
                .expect("the file opens");
            sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut own).await.expect("tampered");
            own.close().await.expect("closed");
        }
        DatabaseUrl::Postgres(url) => {
            let mut own = sqlx::PgConnection::connect(url).await.expect("the database answers");
            let schema = test.config.schema.as_deref().expect("a schema");
            let inside = format!("SET search_path TO \"{schema}\"");
            sqlx::query(AssertSqlSafe(inside)).execute(&mut own).await.expect("inside");
            sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut own).await.expect("tampered");
            own.close().await.expect("closed");
        }
    }
}

async fn what_does_not_agree_is_found_and_mended(test: TestStore) {
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("full");
    let records: Vec<_> = (0..7)
        .map(|n| customer_of(json!({ "name": format!("客户{n}"), "budget": format!("{n}.50"), "phone": format!("1380000000{n}") })))
        .collect();
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    let proof = async |repair: bool| {
        let mut found = Vec::new();
        let mut after = None;
        let mut looked = 0;
        while let Some((last, count)) =
            test.store.verify("customer", after, repair, &mut found).await.expect("verified")
        {
            after = Some(last);
            looked += count;
        }
        test.store.verify_words("customer", repair, &mut found).await.expect("verified");
        assert_eq!(looked, 7);
        let mut what: Vec<String> = found.into_iter().map(|one| one.what).collect();
        what.sort();
        what
    };
    assert_eq!(proof(false).await, Vec::<String>::new());

    tamper(&test, "UPDATE r_customer SET f_budget = f_budget + 1 WHERE f_budget = 250").await;
    tamper(&test, "UPDATE r_customer SET s_name = 'zzz' WHERE f_budget = 350").await;
    let forgotten = match &test.config.url {
        DatabaseUrl::Sqlite(_) => {
            "DELETE FROM w_customer WHERE rowid = (SELECT row FROM r_customer WHERE f_budget = 450)"
        }
        DatabaseUrl::Postgres(_) => {
            "UPDATE r_customer SET words = array_to_tsvector(ARRAY['00x']) WHERE f_budget = 450"
        }
    };
    tamper(&test, forgotten).await;

    assert_eq!(proof(false).await, ["budget", "name", "words"], "found, and left as it is");
    assert_eq!(proof(true).await, ["budget", "name", "words"], "found and mended");
    assert_eq!(proof(false).await, Vec::<String>::new());
    let exact = compare(budget(), Op::Eq, json!("2.50"));
    assert_eq!(test.store.reader().count_related("customer", &exact).await.expect("count"), 1);
}

async fn a_sum_that_is_too_large_is_an_error(test: TestStore) {
    for layout in [bare(), full()] {
        test.store.ensure_layout(std::slice::from_ref(&layout), &mut |_| ()).await.expect("layout");
        // Each of them may be stored; together they leave 64 bits.
        let huge: Vec<_> = (0..1_100)
            .map(|_| customer_of(json!({ "name": "x", "visits": 9_007_199_254_740_991_i64 })))
            .collect();
        let mut tx = test.store.begin().await.expect("begin");
        tx.insert_records(&huge, &layout).await.expect("insert");
        tx.commit().await.expect("commit");
        let operand = Operand { path: vec![], column: visits(), visible: None };
        for function in [Function::Sum, Function::Avg] {
            let question = AggregateQuery {
                entity: "customer".into(),
                filter: None,
                groups: vec![],
                measures: vec![Measure { name: "m".into(), function, operand: Some(operand.clone()) }],
                having: None,
                sort: vec![],
                limit: 10,
                offsets: vec![],
            };
            let told = test.store.reader().aggregate(&question).await;
            assert!(matches!(told, Err(Error::TooLarge(_))), "{told:?}");
        }
    }
}

async fn words_ask_only_the_fields_that_may_be_seen(test: TestStore) {
    test.store.ensure_layout(&[full()], &mut |_| ()).await.expect("full");
    let records = [
        customer_of(json!({ "name": "茶铺", "phone": "13800001111", "vip": true })),
        customer_of(json!({ "name": "13800", "phone": "13900002222", "vip": false })),
        customer_of(json!({ "name": "书店", "phone": "13800003333", "vip": false })),
    ];
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_records(&records, &full()).await.expect("insert");
    tx.commit().await.expect("commit");
    let vips = compare(vip(), Op::Eq, json!(true));
    let field = |column, visible| SearchedField { column, leading: false, visible };
    let led = SearchedField { leading: true, ..field(name(), None) };
    for (fields, expected) in [
        (vec![led.clone(), field(phone(), None)], vec!["13800", "书店", "茶铺"]),
        (vec![led.clone()], vec!["13800"]),
        (vec![led.clone(), field(phone(), Some(vips.clone()))], vec!["13800", "茶铺"]),
        (vec![field(phone(), Some(vips))], vec!["茶铺"]),
        (vec![], vec![]),
    ] {
        let mut question = query(None, vec![]);
        question.words = Some(Search { text: "13800".into(), fields, whole: false });
        let mut paged = Vec::new();
        question.limit = 1;
        loop {
            let page = test.store.reader().list(&question).await.expect("list");
            assert_eq!(page.count.map(|count| count.value), Some(expected.len() as i64));
            paged.extend(names(&page.records));
            match page.next {
                Some(next) => question.after = Some(next),
                None => break,
            }
        }
        assert_eq!(paged, expected, "{:?}", question.words);
        let mut sorted = question.clone();
        (sorted.sort, sorted.after, sorted.limit) = (vec![by(phone(), true)], None, 10);
        let found = test.store.reader().list(&sorted).await.expect("list").records;
        assert_eq!(found.len(), expected.len(), "sorted by a field: {:?}", question.words);
    }
}
