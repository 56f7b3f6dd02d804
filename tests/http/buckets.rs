//! Files whose bytes lie in a bucket.

use kezhi_tests::bucket::{Bucket, KEY_ID};
use kezhi_tests::{Backend, TestServer, image, on_both};
use serde_json::json;

use super::files::{PNG, address, bytes_of, cases_on, send, sent};

on_both!(
    bytes_lie_in_the_bucket_that_the_settings_name,
    a_bucket_that_is_away_is_said_and_nothing_is_lost,
    an_address_that_is_none_is_told_before_anything_is_served,
);

async fn over(backend: Backend, bucket: &Bucket) -> TestServer {
    let place = image::of(backend).await.copy();
    let environment = [
        ("KEZHI_FILES", bucket.url()),
        ("KEZHI_S3_KEY_ID", KEY_ID.into()),
        ("KEZHI_S3_SECRET_KEY", "x".into()),
    ];
    let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
    TestServer::launch_in(place, &["--demo"], &environment).await.unwrap_or_else(|(why, _)| panic!("{why}"))
}

async fn bytes_lie_in_the_bucket_that_the_settings_name(backend: Backend) {
    let bucket = Bucket::start().await;
    let (server, admin, [una, vic]) = cases_on(over(backend, &bucket).await).await;
    let small = sent(&una, "a.png", PNG).await;
    let large: Vec<u8> = (0..12_000_000_u32).map(|at| (at % 251) as u8).collect();
    let large_one = sent(&una, "a.bin", large.clone()).await;
    let place = |file: &serde_json::Value| {
        let id = file["id"].as_str().expect("an id");
        format!("papers/one/{}/{id}", &id[id.len() - 2..])
    };
    let expected = [(place(&small), PNG.len()), (place(&large_one), large.len())];
    assert_eq!(bucket.objects(), expected.into_iter().collect());
    assert!(bytes_of(&una, &address(&large_one)).await == large, "it comes back as it was sent");
    assert!(bytes_of(&una, &format!("{}?thumb=1", address(&small))).await.starts_with(b"\x89PNG"));
    vic.get(&address(&small)).await.problem(404, "file.not_found");
    assert!(!server.place().folder.path().join("files").exists(), "nothing lies on the machine");

    let mut lie = large;
    lie.extend_from_slice(&vec![0; 9_000_000]);
    send(&una, "a.bin", lie.clone()).await.problem(413, "file.too_large");
    lie.truncate(12_000_000);
    send(&una, "a.png", lie).await.problem(422, "file.type_mismatch");
    assert_eq!(bucket.open_uploads(), 0, "what was refused is given up");
    assert_eq!(bucket.unsigned(), 0);

    una.create("case", &json!({ "name": "一", "photos": [small] })).await;
    for advance in ["25h", "2h"] {
        admin.post("/api/clock", &json!({ "advance": advance })).await.expect(200);
    }
    let left = bucket.objects();
    assert_eq!(left.keys().filter(|name| !name.ends_with(".small")).collect::<Vec<_>>(), [&place(&small)]);
}

async fn a_bucket_that_is_away_is_said_and_nothing_is_lost(backend: Backend) {
    let bucket = Bucket::start().await;
    let (server, _, [una, _]) = cases_on(over(backend, &bucket).await).await;
    let paper = sent(&una, "a.txt", "a").await;
    bucket.be_away(true);
    send(&una, "b.txt", "b").await.problem(503, "file.unavailable");
    una.get(&address(&paper)).await.problem(503, "file.unavailable");
    una.create("case", &json!({ "name": "一", "papers": [paper] })).await;
    assert!(server.log().contains("the files cannot be reached"), "{}", server.log());
    bucket.be_away(false);
    assert_eq!(bytes_of(&una, &address(&paper)).await, b"a");
}

async fn an_address_that_is_none_is_told_before_anything_is_served(backend: Backend) {
    let place = image::of(backend).await.copy();
    let refused = TestServer::launch_in(place, &[], &[("KEZHI_FILES", "papers")]).await;
    let (why, place) = refused.expect_err("it does not start");
    assert!(why.contains("KEZHI_FILES") && why.contains("s3://bucket"), "{why}");
    let half = [("KEZHI_FILES", "s3://papers"), ("KEZHI_S3_KEY_ID", KEY_ID)];
    let (why, _) = TestServer::launch_in(place, &[], &half).await.expect_err("it does not start");
    assert!(why.contains("KEZHI_S3_SECRET_KEY"), "{why}");
}
