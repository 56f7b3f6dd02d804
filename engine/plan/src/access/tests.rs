//! Who may do what, row by row and field by field, as sentences that are true.

use kezhi_types::Record;
use kezhi_types::def::role::FieldRight;
use serde_json::{Value, json};

use super::*;
use crate::facts::Facts;
use crate::fixture::*;

const SALES: &str = "01980000-0000-7000-8000-0000000000d1";
const NORTH: &str = "01980000-0000-7000-8000-0000000000d2";

/// An app whose role `clerk` has these rights on `thing`.
fn with(rights: Value) -> AppPlan {
    let role =
        |rights: Value| json!({ "title": "店员", "entities": { "thing": rights }, "may": ["publish"] });
    app(&[
        (
            "entities/thing.json",
            json!({ "title": "客户", "type": "object", "x-owner": true, "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "phone": { "title": "手机", "x-kind": "phone" },
            "state": { "title": "状态", "x-kind": "choice", "enum": ["open", "closed"] },
            "salary": { "title": "收入", "x-kind": "money", "x-sensitivity": "sensitive" } } }),
        ),
        ("roles/clerk.json", role(rights)),
        (
            "roles/auditor.json",
            role(json!({ "read": { "where": { "field": "state", "op": "eq", "value": "closed" } },
            "fields": { "*": "read", "salary": "read" } })),
        ),
    ])
}

fn owned(owner: &str, department: Option<&str>, data: Value) -> Record {
    Record { owner: Some(id(owner)), department: department.map(id), ..record(data, json!({})) }
}

/// Whether somebody in `SALES`, which stands over `NORTH`, and in a team with `WANG`, may.
fn allowed(rights: Value, action: Action, record: &Record) -> bool {
    let app = with(rights);
    let mut c = circumstances();
    c.caller.department = Some(id(SALES));
    c.caller.departments_below = vec![id(SALES), id(NORTH)];
    c.caller.team = vec![id(LI), id(WANG)];
    check(&app, thing(&app), action, (record, &Facts::default()), &c).is_ok()
}

#[test]
fn a_scope_contains_exactly_its_rows() {
    let stranger = "01980000-0000-7000-8000-0000000000ee";
    for (grant, record, expected) in [
        (json!(true), owned(stranger, None, json!({})), true),
        (json!(false), owned(LI, None, json!({})), false),
        (json!("own"), owned(LI, None, json!({})), true),
        (json!("own"), owned(WANG, None, json!({})), false),
        (json!("team"), owned(WANG, None, json!({})), true),
        (json!("team"), owned(stranger, None, json!({})), false),
        (json!("department"), owned(stranger, Some(SALES), json!({})), true),
        (json!("department"), owned(stranger, Some(NORTH), json!({})), false),
        (json!("department"), owned(stranger, None, json!({})), false),
        (json!("department_and_below"), owned(stranger, Some(NORTH), json!({})), true),
        (json!(["own", "department"]), owned(stranger, Some(SALES), json!({})), true),
        (
            json!({ "where": { "field": "state", "op": "eq", "value": "open" } }),
            owned(stranger, None, json!({ "state": "open" })),
            true,
        ),
        (
            json!({ "where": { "field": "state", "op": "eq", "value": "open" } }),
            owned(LI, None, json!({ "state": "closed" })),
            false,
        ),
    ] {
        assert_eq!(allowed(json!({ "read": grant.clone() }), Action::Read, &record), expected, "{grant}");
    }
}

#[test]
fn update_never_reaches_a_row_that_read_does_not() {
    let theirs = owned(WANG, None, json!({}));
    assert!(!allowed(json!({ "read": "own", "update": true }), Action::Update, &theirs));
    assert!(allowed(json!({ "read": true, "update": true }), Action::Update, &theirs));
    assert!(!allowed(json!({ "read": true }), Action::Update, &theirs));
}

#[test]
fn a_row_scope_is_a_filter_and_rights_add_up_over_roles() {
    let app = with(json!({ "read": "own" }));
    let mut caller = li();
    let scope = |caller: &Caller| row_scope(&app, thing(&app), caller, Action::Read, now());
    let RowScope::Where(own) = scope(&caller) else { panic!("a filter") };
    assert!(format!("{own:?}").contains("owner"));
    caller.roles.push("auditor".to_owned());
    assert!(
        matches!(scope(&caller), RowScope::Where(kezhi_types::query::Filter::Any(parts)) if parts.len() == 2)
    );
    caller.roles = vec!["admin".to_owned()];
    assert_eq!(scope(&caller), RowScope::All);
    caller.roles.clear();
    assert_eq!(scope(&caller), RowScope::Nothing);
    assert!(!may_know(&app, thing(&app), &caller));
}

#[test]
fn a_sensitive_field_is_hidden_until_a_role_names_it() {
    let rights = |rights: Value| {
        let app = with(rights);
        field_rights(&app, thing(&app), &li())
    };
    let plain = rights(json!({ "read": true }));
    assert_eq!(
        (plain.of("name"), plain.of("salary"), plain.of("nothing")),
        (FieldRight::Write, FieldRight::Hidden, FieldRight::Hidden)
    );
    assert_eq!(
        rights(json!({ "read": true, "fields": { "salary": "read" } })).of("salary"),
        FieldRight::Read
    );
    let rest = rights(json!({ "read": true, "fields": { "*": "read", "name": "write" } }));
    assert_eq!((rest.of("name"), rest.of("phone")), (FieldRight::Write, FieldRight::Read));
}

#[test]
fn on_a_record_only_roles_count_that_reach_it() {
    let app = with(json!({ "read": "own", "fields": { "salary": "hidden" } }));
    let mut c = circumstances();
    c.caller.roles = vec!["clerk".to_owned(), "auditor".to_owned()];
    let salary = |state: &str| {
        let record = owned(LI, None, json!({ "state": state }));
        field_rights_on(&app, thing(&app), (&record, &Facts::default()), &c).of("salary")
    };
    assert_eq!(salary("open"), FieldRight::Hidden);
    assert_eq!(salary("closed"), FieldRight::Read);
}

#[test]
fn a_record_is_shown_without_what_is_hidden_and_with_what_is_masked_as_text() {
    let app = with(json!({ "read": true, "fields": { "phone": "masked", "state": "hidden" } }));
    let record =
        owned(LI, None, json!({ "name": "张三", "phone": "13812341234", "state": "open", "salary": "1.00" }));
    let rights = field_rights(&app, thing(&app), &li());
    let mut seen = visible(thing(&app), record.flat(), &rights);
    seen.retain(|key, _| matches!(key.as_str(), "name" | "phone" | "state" | "salary" | "masked"));
    assert_eq!(Value::Object(seen), json!({ "name": "张三", "phone": "138****1234", "masked": ["phone"] }));
}

#[test]
fn what_may_not_be_written_is_refused_and_masked_text_left_alone() {
    let app = with(json!({ "read": true, "fields": { "phone": "masked", "state": "read" } }));
    let rights = field_rights(&app, thing(&app), &li());
    let before = owned(LI, None, json!({ "phone": "13812341234", "state": "open" }));
    let write = |body: Value| writable(thing(&app), &rights, Some(&before), fields(body));
    let codes = |body: Value| {
        write(body)
            .map(|_| ())
            .map_err(|refused| refused.0.into_iter().map(|one| one.code).collect::<Vec<_>>())
    };

    let (left, warnings) =
        write(json!({ "name": "a", "phone": "138****1234", "state": "open" })).expect("allowed");
    assert_eq!(
        (Value::Object(left), warnings.0[0].code.as_str()),
        (json!({ "name": "a" }), "record.masked_ignored")
    );
    assert_eq!(codes(json!({ "phone": "13900000000" })), Err(vec!["record.read_only".to_owned()]));
    assert_eq!(
        codes(json!({ "phone": "13812341234" })),
        Err(vec!["record.read_only".to_owned()]),
        "no guessing"
    );
    assert_eq!(codes(json!({ "state": "closed" })), Err(vec!["record.read_only".to_owned()]));
    assert_eq!(codes(json!({ "salary": "1" })), Err(vec!["record.unknown_field".to_owned()]));
    assert_eq!(codes(json!({ "nothing": "1" })), Err(vec!["record.unknown_field".to_owned()]));
}

#[test]
fn why_names_the_role_and_its_rows() {
    let app = with(json!({ "read": ["own", "department"] }));
    let said = |owner: &str| {
        why(
            &app,
            thing(&app),
            Action::Read,
            (&owned(owner, None, json!({})), &Facts::default()),
            &circumstances(),
        )
    };
    assert_eq!(said(LI), "the role “店员” allows one's own records, records of the department");
    assert_eq!(said(WANG), "no role allows it");
    assert!(may(&app, &li(), "publish") && !may(&app, &li(), "manage_users"));
}

#[test]
fn as_text_a_record_is_what_it_is_as_fields() {
    use kezhi_types::stored::{Document, Stored};
    let app = with(json!({ "read": true, "fields": { "state": "hidden" } }));
    let entity = thing(&app);
    let data = json!({ "name": "张 \"三\"", "phone": "138", "state": "open", "salary": "12.50", "gone": [1, { "a": null }] });
    let derived = json!({ "phone": "139", "salary": null });
    let document = |value: &Value| Document::read(value.to_string()).expect("an object");
    let (data_text, derived_text) = (document(&data), document(&derived));
    let mut record = Record { owner: Some(id(LI)), ..record(data, derived) };
    record.stale = vec!["phone".to_owned(), "state".to_owned()];
    for (roles, alike_expected) in [(vec!["clerk"], true), (vec!["clerk", "auditor"], false)] {
        let mut caller = circumstances().caller;
        caller.roles = roles.into_iter().map(str::to_owned).collect();
        let found = alike(&app, entity, &caller);
        assert_eq!(found.is_some(), alike_expected);
        let Some(found) = found else { continue };
        assert!(found.by_system);
        assert_eq!(found.rights, field_rights(&app, entity, &caller));
        let empty = kezhi_types::Fields::new();
        let head = Record { data: empty.clone(), derived: empty, ..record.clone() };
        let stored = Stored { head, data: data_text.clone(), derived: derived_text.clone() };
        assert_eq!(stored.whole().expect("values"), record);
        let fields = visible(entity, record.flat(), &found.rights);
        assert_eq!(visible_text(entity, &stored, &found.rights, None), json!(fields).to_string());
        assert!(!fields.contains_key("state") && !fields.contains_key("gone"));
        let some = visible_text(entity, &stored, &found.rights, Some(&["name".to_owned()]));
        assert_eq!(
            some,
            format!(r#"{{"id":"{}","version":{},"name":"张 \"三\""}}"#, record.id, record.version)
        );
    }
    let masked = with(json!({ "read": true, "fields": { "phone": "masked" } }));
    let mut caller = circumstances().caller;
    caller.roles = vec!["clerk".to_owned()];
    let rights = alike(&masked, thing(&masked), &caller).expect("one role reads").rights;
    let empty = kezhi_types::Fields::new();
    let head = Record { data: empty.clone(), derived: empty, ..record.clone() };
    let stored = Stored { head, data: data_text, derived: derived_text };
    let fields = visible(thing(&masked), record.flat(), &rights);
    assert_eq!(fields["masked"], json!(["phone"]));
    assert_eq!(visible_text(thing(&masked), &stored, &rights, None), json!(fields).to_string());
}

#[test]
fn a_secret_is_covered_for_everybody_and_its_cover_means_unchanged() {
    let app = one(json!({
        "name": { "title": "名", "x-kind": "text" },
        "pin": { "title": "口令", "x-kind": "secret" },
        "none": { "title": "空", "x-kind": "secret" }
    }));
    let entity = thing(&app);
    let full = FieldRights::full(entity);
    let stored = record(json!({ "name": "a", "pin": "sealed:v1:k:abc" }), json!({}));
    let seen = visible(entity, stored.flat(), &full);
    assert_eq!((&seen["pin"], &seen["masked"], seen.get("none")), (&json!("***"), &json!(["pin"]), None));
    assert_eq!(told(entity, "pin", &json!("sealed:v1:k:abc")), json!("***"));
    assert_eq!(told(entity, "name", &json!("sealed:v1:k:abc")), json!("***"), "left by a field that was one");
    assert_eq!(
        (told(entity, "pin", &json!(null)), told(entity, "name", &json!("a"))),
        (json!(null), json!("a"))
    );

    let sent = |value: Value| fields(json!({ "pin": value, "none": "***" }));
    let (remains, notes) =
        writable(entity, &full, Some(&stored), sent(json!("***"))).expect("it may be written");
    assert_eq!(remains, fields(json!({ "none": "***" })), "where nothing is stored it is a value");
    assert_eq!(notes.0[0].code, "record.masked_ignored");
    let (remains, notes) =
        writable(entity, &full, Some(&stored), sent(json!("new"))).expect("it may be written");
    assert_eq!((&remains["pin"], notes.is_empty()), (&json!("new"), true));
    let mut input = sent(json!("***"));
    assert_eq!(left_covered(entity, Some(&stored), &mut input).len(), 1);
    assert_eq!(input, fields(json!({ "none": "***" })));
    assert!(left_covered(entity, None, &mut input).is_empty());

    use kezhi_types::stored::{Document, Stored};
    let empty = kezhi_types::Fields::new();
    let head = Record { data: empty.clone(), derived: empty, ..stored.clone() };
    let document =
        |fields: &kezhi_types::Fields| Document::read(json!(fields).to_string()).expect("an object");
    let lies = Stored { head, data: document(&stored.data), derived: document(&stored.derived) };
    assert_eq!(visible_text(entity, &lies, &full, None), json!(seen).to_string());
    let some = visible_text(entity, &lies, &full, Some(&["name".to_owned()]));
    assert!(!some.contains("masked") && !some.contains("***"), "{some}");
}

/// `thing` that `clerk` reads and changes where it is theirs, with a rule that shares closed ones for this with the
/// department `sales`.
fn shared_by_rule(access: &str) -> AppPlan {
    app(&[
        (
            "entities/thing.json",
            json!({ "title": "客户", "type": "object", "x-owner": true, "properties": {
            "name": { "title": "名称", "x-kind": "text" },
            "state": { "title": "状态", "x-kind": "choice", "enum": ["open", "closed"] },
            "salary": { "title": "收入", "x-kind": "money" } } }),
        ),
        (
            "roles/clerk.json",
            json!({ "title": "店员", "entities": { "thing": {
                "read": "own", "update": "own", "delete": ["own", "shared_with_me"], "fields": { "salary": "hidden" } } } }),
        ),
        (
            "shares/closed.json",
            json!({ "title": "已关闭的", "entity": "thing", "access": access,
                "where": { "field": "state", "op": "eq", "value": "closed" },
                "with": [{ "department": "sales" }, { "person": "Zhou" }] }),
        ),
    ])
}

#[test]
fn a_share_rule_opens_its_rows_to_whom_it_names_and_to_nobody_else() {
    let (read, write) = (shared_by_rule("read"), shared_by_rule("write"));
    let mut c = circumstances();
    let (open, closed) =
        (owned(WANG, None, json!({ "state": "open" })), owned(WANG, None, json!({ "state": "closed" })));
    let facts = Facts::default();
    let may = |app: &AppPlan, action, record: &Record, c: &crate::facts::Circumstances| {
        let one = check(app, thing(app), action, (record, &facts), c).is_ok();
        let rows = row_scope(app, thing(app), &c.caller, action, c.now);
        // What the list asks and what the record answers come from the same grants.
        assert!(rows != RowScope::All);
        one
    };
    assert!(!may(&read, Action::Read, &closed, &c), "nobody in particular");
    for name in ["department_key:sales", "login:zhou"] {
        c.caller.named = vec![name.to_owned()];
        assert!(may(&read, Action::Read, &closed, &c) && !may(&read, Action::Read, &open, &c), "{name}");
        assert!(!may(&read, Action::Update, &closed, &c) && !may(&read, Action::Delete, &closed, &c));
        assert!(may(&write, Action::Update, &closed, &c) && may(&write, Action::Delete, &closed, &c));
        assert!(!may(&write, Action::Update, &open, &c));
    }
    let rights = field_rights_on(&read, thing(&read), (&closed, &facts), &c);
    assert_eq!((rights.of("name"), rights.of("salary")), (FieldRight::Write, FieldRight::Hidden));
    assert!(!alike(&read, thing(&read), &c.caller).expect("one role reads").by_system);
    let said = why(&read, thing(&read), Action::Read, (&closed, &facts), &c);
    assert_eq!(said, "the share rule “已关闭的” allows reading records that fulfil the rule's condition");
    c.caller.roles.clear();
    assert!(!may(&read, Action::Read, &closed, &c), "a share widens a role and is none");
}

#[test]
fn a_single_share_counts_once_it_is_known() {
    use kezhi_types::share::{self, Access};
    let app = shared_by_rule("read");
    let mut c = circumstances();
    let theirs = owned(WANG, None, json!({ "state": "open" }));
    let asked = |c: &crate::facts::Circumstances| {
        needs(&app, thing(&app), Action::Update, (&theirs, &Facts::default()), c).shared
    };
    assert_eq!(asked(&c), None, "nothing is shared with them");
    c.caller.shared = vec!["thing".to_owned()];
    c.caller.named = vec![share::person(c.caller.id)];
    let with = vec![share::person(c.caller.id), "role:clerk".to_owned()];
    assert_eq!(asked(&c).map(|need| need.with), Some(with.clone()));
    for (found, read, update, delete) in [
        (None, false, false, false),
        (Some(Access::Read), true, false, false),
        (Some(Access::Write), true, true, true),
    ] {
        let facts = Facts { shared: Some(found), ..Facts::default() };
        let may = |action| check(&app, thing(&app), action, (&theirs, &facts), &c).is_ok();
        assert_eq!((may(Action::Read), may(Action::Update), may(Action::Delete)), (read, update, delete));
    }
    let RowScope::Where(kezhi_types::query::Filter::Any(parts)) =
        row_scope(&app, thing(&app), &c.caller, Action::Read, c.now)
    else {
        panic!("own or shared")
    };
    let shared = kezhi_types::query::Filter::Shared {
        path: Vec::new(),
        entity: "thing".to_owned(),
        with,
        access: Access::Read,
        at: c.now,
    };
    assert_eq!(parts[1], shared);
}

#[test]
fn a_token_leaves_no_more_than_it_says() {
    let app = with(json!({ "read": true, "update": true, "create": true, "export": true }));
    let mut c = circumstances();
    let record = owned(LI, None, json!({}));
    let may = |c: &crate::facts::Circumstances, action| {
        check(&app, thing(&app), action, (&record, &Facts::default()), c).is_ok()
    };
    let narrowed = |read_only, entities| kezhi_types::Narrowing { token: id(LI), read_only, entities };
    c.caller.narrowed = Some(narrowed(true, None));
    assert!(may(&c, Action::Read) && may(&c, Action::Export));
    assert!(!may(&c, Action::Update) && !may(&c, Action::Create));
    c.caller.narrowed = Some(narrowed(false, Some(vec!["other".to_owned()])));
    assert!(!may(&c, Action::Read) && !may_know(&app, thing(&app), &c.caller));
    c.caller.narrowed = Some(narrowed(false, Some(vec!["thing".to_owned()])));
    assert!(may(&c, Action::Read) && may(&c, Action::Update));
}

#[test]
fn why_tells_what_is_held_and_what_is_missing() {
    let app = with(json!({ "read": ["own", "department"], "fields": { "salary": "masked" } }));
    let c = circumstances();
    let asked = |owner: &str, state: &str| {
        let record = owned(owner, None, json!({ "state": state }));
        let english = (&c, kezhi_types::text::Language::English);
        explain(&app, thing(&app), (Action::Read, Some("salary")), (&record, &Facts::default()), english)
    };
    let own = asked(LI, "open");
    assert_eq!((own.allowed, own.field, own.missing.len()), (true, Some(FieldRight::Masked), 0));
    assert_eq!((own.because[0].allows, own.because[0].field), (true, Some(FieldRight::Masked)));
    let other = asked(WANG, "closed");
    assert_eq!((other.allowed, other.field), (false, Some(FieldRight::Hidden)));
    assert_eq!(other.missing, [("auditor".to_owned(), "店员".to_owned())]);
}
