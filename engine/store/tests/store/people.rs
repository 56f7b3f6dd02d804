//! People, sessions, releases, drafts, settings and kept answers.

use kezhi_store::{
    Department, DraftFile, Error, Files, Release, RequestKey, Session, SignInStep, Totp, User,
};
use kezhi_types::Id;
use kezhi_types::text::Language;
use serde_json::json;

use crate::sample::NOW;
use crate::support::{TestStore, on_both};

on_both!(
    logins_are_unique_whatever_their_case,
    sessions_end,
    what_is_good_once_is_taken_once,
    releases_and_drafts,
    answers_are_claimed_once,
);

fn user(login: &str) -> User {
    User {
        id: Id::new(NOW),
        login: login.into(),
        name: "李".into(),
        password: Some("$argon2id$…".into()),
        must_change: true,
        email: None,
        roles: vec!["clerk".into()],
        department: Some(Id::SYSTEM),
        manager: None,
        language: Some(Language::default()),
        active: true,
        demo: true,
        created_at: NOW,
        position: None,
        external_id: None,
        successor: None,
        left_at: None,
    }
}

async fn logins_are_unique_whatever_their_case(test: TestStore) {
    let mut li = user("Li");
    let mut tx = test.store.begin().await.expect("begin");
    tx.save_user(&li).await.expect("save");
    li.name = "李四".into();
    tx.save_user(&li).await.expect("save again");
    let shop = Department {
        id: Id::SYSTEM,
        key: "shop".into(),
        title: "门店".into(),
        parent: None,
        head: Some(li.id),
        demo: false,
        deputies: vec![Id::SYSTEM],
    };
    tx.save_department(&shop).await.expect("department");
    tx.commit().await.expect("commit");
    let reader = test.store.reader();
    assert_eq!(reader.user_by_login("lI").await.expect("read"), Some(li.clone()));
    assert_eq!(reader.users_by_ids(&[li.id, Id::SYSTEM]).await.expect("read"), vec![li.clone()]);
    assert_eq!(reader.departments().await.expect("read"), vec![shop]);
    let mut tx = test.store.begin().await.expect("begin");
    assert!(
        matches!(tx.save_user(&user("LI")).await, Err(Error::NotUnique { field, .. }) if field == "login")
    );
    drop(tx);
    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.delete_demo_people().await.expect("delete"), 1);
    tx.commit().await.expect("commit");
    assert_eq!(reader.departments().await.expect("read")[0].head, None);
}

async fn sessions_end(test: TestStore) {
    let session = Session {
        token_hash: "hash".into(),
        csrf: "csrf".into(),
        person: Id::SYSTEM,
        created_at: NOW,
        seen_at: NOW,
        expires_at: NOW.plus_millis(1000),
        proved_at: NOW,
        way: "password".into(),
        half: false,
        strong: false,
        network: "203.0.113.7".into(),
        agent: "a browser".into(),
    };
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_session(&session).await.expect("insert");
    tx.touch_session("hash", NOW.plus_millis(5), NOW.plus_millis(2000)).await.expect("touch");
    assert_eq!(tx.delete_expired_sessions(NOW.plus_millis(1500)).await.expect("expire"), 0);
    tx.commit().await.expect("commit");
    let stored = test.store.reader().session("hash").await.expect("read").expect("there");
    assert_eq!((stored.seen_at, stored.expires_at), (NOW.plus_millis(5), NOW.plus_millis(2000)));
    let mut tx = test.store.begin().await.expect("begin");
    tx.insert_session(&Session { token_hash: "other".into(), ..session }).await.expect("insert");
    tx.strengthen_session("hash").await.expect("strengthen");
    assert_eq!(tx.sessions_of(Id::SYSTEM).await.expect("read").len(), 2);
    assert_eq!(tx.delete_other_sessions(Id::SYSTEM, "hash").await.expect("end"), 1);
    assert!(tx.session("hash").await.expect("read").is_some_and(|session| session.strong));
    tx.commit().await.expect("commit");
    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.delete_sessions_of(Id::SYSTEM).await.expect("end"), 1);
    tx.commit().await.expect("commit");
    assert_eq!(test.store.reader().session("hash").await.expect("read"), None);
}

async fn what_is_good_once_is_taken_once(test: TestStore) {
    let person = Id::SYSTEM;
    let totp = Totp { person, secret: "sealed".into(), confirmed: false, step: 0, created_at: NOW };
    let step = SignInStep {
        token_hash: "state".into(),
        kind: "oidc".into(),
        person: Some(person),
        data: "{}".into(),
        expires_at: NOW.plus_millis(1000),
    };
    let mut tx = test.store.begin().await.expect("begin");
    tx.save_totp(&totp).await.expect("save");
    assert!(tx.take_totp_step(person, "sealed", 7).await.expect("take"));
    for (secret, number) in [("sealed", 7), ("sealed", 6), ("another", 8)] {
        assert!(!tx.take_totp_step(person, secret, number).await.expect("take"), "{secret} {number}");
    }
    assert!(tx.totp(person).await.expect("read").is_some_and(|totp| totp.confirmed && totp.step == 7));
    tx.save_recovery_codes(person, &["a".into(), "b".into()]).await.expect("save");
    assert!(tx.take_recovery_code(person, "a").await.expect("take"));
    assert!(!tx.take_recovery_code(person, "a").await.expect("take"));
    assert_eq!(tx.recovery_codes_left(person).await.expect("read"), 1);
    for (kind, now, taken) in [("passkey", NOW, false), ("oidc", NOW, true), ("oidc", NOW, false)] {
        if taken {
            tx.insert_sign_in_step(&step, NOW).await.expect("insert");
        }
        assert_eq!(tx.take_sign_in_step("state", kind, now).await.expect("take").is_some(), taken, "{kind}");
    }
    tx.insert_sign_in_step(&step, NOW).await.expect("insert");
    assert_eq!(
        tx.take_sign_in_step("state", "oidc", NOW.plus_millis(1000)).await.expect("take"),
        None,
        "over"
    );
    tx.delete_factors(person).await.expect("delete");
    assert_eq!(tx.totp(person).await.expect("read"), None);
    tx.commit().await.expect("commit");
}

async fn releases_and_drafts(test: TestStore) {
    let reader = test.store.reader();
    assert_eq!(reader.live_release_number().await.expect("read"), 0);
    let files: Files =
        [("b.json".to_owned(), "{}\n".to_owned()), ("a.json".to_owned(), "客制".to_owned())].into();
    let release = Release { number: 1, at: NOW, by: Id::SYSTEM, note: "first".into(), restored_from: None };
    let draft = DraftFile {
        path: "entities/x.json".into(),
        text: None,
        base_etag: Some("e".into()),
        base_release: 0,
        etag: "f".into(),
        by: Id::SYSTEM,
        at: NOW,
    };
    let mut tx = test.store.begin().await.expect("begin");
    assert_eq!(tx.lock_live_release().await.expect("lock"), 0);
    tx.insert_release(&release, &files).await.expect("insert");
    tx.save_draft_file(&draft).await.expect("draft");
    tx.save_draft_file(&draft).await.expect("draft again");
    tx.commit().await.expect("commit");
    assert_eq!(reader.live_release_number().await.expect("read"), 1);
    assert_eq!(reader.release_files(1).await.expect("read"), Some(files));
    assert_eq!(reader.releases().await.expect("read"), vec![release]);
    assert_eq!(reader.draft_files().await.expect("read"), vec![draft.clone()]);
    let mut tx = test.store.begin().await.expect("begin");
    for other in [
        DraftFile { text: Some(String::new()), ..draft.clone() },
        DraftFile { base_etag: None, ..draft.clone() },
        DraftFile { at: NOW.plus_millis(1), ..draft.clone() },
        DraftFile { etag: "g".into(), ..draft.clone() },
    ] {
        assert!(!tx.take_draft_file(&other).await.expect("take"), "somebody has edited it since: {other:?}");
    }
    assert!(tx.take_draft_file(&draft).await.expect("take"));
    assert!(!tx.take_draft_file(&draft).await.expect("take"));
    tx.save_draft_file(&draft).await.expect("draft once more");
    assert_eq!(tx.discard_draft().await.expect("discard"), 1);
    tx.save_setting("zone", &json!("Asia/Shanghai")).await.expect("setting");
    tx.save_setting("zone", &json!("UTC")).await.expect("setting");
    assert_eq!(tx.setting("zone").await.expect("read"), Some(json!("UTC")));
    assert_eq!(tx.next_serial("customer.code", "KH-202603-").await.expect("serial"), 1);
    tx.raise_serial("customer.code", "KH-202603-", 41).await.expect("raise");
    tx.commit().await.expect("commit");
    assert_eq!(test.store.next_serial("customer.code", "KH-202603-").await.expect("serial"), 42);
}

async fn answers_are_claimed_once(test: TestStore) {
    let request = RequestKey { caller: Id::SYSTEM, route: "/x".into(), key: "k".into() };
    let until = NOW.plus_millis(1_000);
    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.claim_answer(&request, "h", (NOW, until)).await.expect("claim"));
    assert!(!tx.claim_answer(&request, "h", (NOW, until)).await.expect("claim"));
    assert!(tx.note_done(&request, 1, &json!({"id": 7})).await.expect("done"));
    assert!(tx.note_part(&request, (1, 3), &json!("third")).await.expect("part"));
    tx.commit().await.expect("commit");

    let mut tx = test.store.begin().await.expect("begin");
    assert!(tx.take_over_answer(&request, 1, until).await.expect("take over"));
    assert!(!tx.take_over_answer(&request, 1, until).await.expect("somebody else was faster"));
    assert!(!tx.note_done(&request, 1, &json!(null)).await.expect("the first turn is over"));
    assert!(!tx.note_part(&request, (1, 4), &json!(null)).await.expect("the first turn is over"));
    assert!(!tx.hold_answer(&request, 1, until).await.expect("the first turn is over"));
    assert!(tx.hold_answer(&request, 2, until).await.expect("the second turn goes on"));
    tx.keep_answer(&request, 1, (500, &json!(null))).await.expect("nothing happens");
    let known = tx.answer(&request).await.expect("read").expect("it is known");
    assert_eq!((known.turn, known.status, known.done), (2, None, Some(json!({"id": 7}))));
    assert_eq!(tx.request_parts(&request).await.expect("read"), [(3, json!("third"))].into());
    tx.keep_answer(&request, 2, (201, &json!({"a": 1}))).await.expect("keep");
    tx.commit().await.expect("commit");

    let kept = test.store.reader().answer(&request).await.expect("read").expect("it is kept");
    assert_eq!((kept.status, kept.response, kept.done), (Some(201), json!({"a": 1}), None));
    let mut tx = test.store.begin().await.expect("begin");
    assert!(!tx.take_over_answer(&request, 2, until).await.expect("it is answered"));
    assert_eq!(tx.delete_old_answers(until).await.expect("delete"), 1);
    tx.commit().await.expect("commit");
    assert!(test.store.reader().request_parts(&request).await.expect("read").is_empty());
}
