//! The cases shared with the interface, judged and as filters; and what is wrong with wrong conditions.

mod asked;

use std::collections::BTreeMap;

use kezhi_types::condition::Op;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::query::Column;
use kezhi_types::{Caller, CallerKind, Entrance, Id};
use serde_json::{Value, json};

use self::asked::World;
use super::*;
use crate::facts::{Circumstances, Facts};
use crate::fixture::assert_bilingual;

#[derive(Deserialize)]
struct Case {
    name: String,
    condition: Condition,
    record: Fields,
    before: Option<Fields>,
    caller: Option<CaseCaller>,
    today: Option<String>,
    now: Option<Timestamp>,
    zone: Option<String>,
    /// Other records, by id.
    #[serde(default)]
    records: BTreeMap<Id, Fields>,
    /// Records that point here: `child.sample` to rows.
    #[serde(default)]
    related: BTreeMap<String, Vec<Fields>>,
    expect: bool,
}

#[derive(Deserialize)]
struct CaseCaller {
    id: Id,
    department: Option<Id>,
    roles: Vec<String>,
}

/// The catalog of `tests/cases`.
pub(crate) fn catalog() -> Catalog {
    let entity = |text| serde_json::from_str(text).expect("an entity");
    let entities = [
        ("sample".to_owned(), entity(include_str!("../../../../../tests/cases/entity.json"))),
        ("child".to_owned(), entity(include_str!("../../../../../tests/cases/child.json"))),
    ];
    let grade = serde_json::from_str(include_str!("../../../../../tests/cases/grade.json")).expect("a grade");
    Catalog::build(
        &entities.into_iter().collect(),
        &[("sample_value".to_owned(), grade)].into_iter().collect(),
    )
}

/// Noon of 22 November 2026 in Shanghai.
pub(crate) fn circumstances() -> Circumstances {
    let mut caller = Caller::system("test");
    caller.kind = CallerKind::Person;
    Circumstances {
        now: Timestamp::parse("2026-11-22T04:00:00Z").expect("an instant"),
        zone: "Asia/Shanghai".to_owned(),
        caller,
        entrance: Entrance::Api,
        operation: RuleOperation::Update,
        confirmed: Default::default(),
    }
}

impl Case {
    fn circumstances(&self) -> Circumstances {
        let mut circumstances = circumstances();
        circumstances.now = self.now.unwrap_or(circumstances.now);
        circumstances.zone = self.zone.clone().unwrap_or(circumstances.zone);
        if let Some(caller) = &self.caller {
            circumstances.caller.id = caller.id;
            circumstances.caller.department = caller.department;
            circumstances.caller.departments_below = caller.department.into_iter().collect();
            circumstances.caller.roles = caller.roles.clone();
        }
        circumstances
    }

    fn facts(&self) -> Facts {
        let records = self.records.iter().map(|(id, fields)| (*id, ("sample".to_owned(), fields.clone())));
        Facts { records: records.collect(), ..Facts::default() }
    }
}

fn compile(condition: &Condition, change: impl Fn(&mut Scope<'_>)) -> Result<ConditionPlan, Vec<Problem>> {
    let catalog = catalog();
    let probes = Cell::new(0);
    let mut scope = Scope::of(&catalog, "sample", &probes);
    change(&mut scope);
    ConditionPlan::compile(condition, &scope)
}

/// Those written by people and those made at random.
fn cases() -> Vec<Case> {
    let read = |text| serde_json::from_str::<Vec<Case>>(text).expect("the cases");
    let mut cases = read(include_str!("../../../../../tests/cases/conditions.json"));
    cases.extend(read(include_str!("../../../../../tests/cases/random.json")));
    cases
}

#[test]
fn every_shared_case_is_judged_as_expected_and_asks_the_store_the_same() {
    for case in cases() {
        let plan = compile(&case.condition, |scope| scope.may_change = true)
            .unwrap_or_else(|problems| panic!("{}: {problems:?}", case.name));
        let circumstances = case.circumstances();
        if let Some(today) = &case.today {
            assert_eq!(circumstances.today().to_string(), *today, "{}", case.name);
        }
        let zone = circumstances.time_zone();
        let context = FilterContext {
            caller: &circumstances.caller,
            now: circumstances.now,
            zone: &zone,
            record: Some(&case.record),
        };
        let world = World { records: &case.records, related: &case.related };
        let mut facts = case.facts();
        for probe in plan.probes(&context) {
            facts.probes.insert(probe.number, world.count(&probe.filter));
        }
        let sight = Sight {
            fields: &case.record,
            before: case.before.as_ref(),
            parent: None,
            facts: &facts,
            circumstances: &circumstances,
        };
        assert_eq!(plan.judge(&sight), case.expect, "judging: {}", case.name);
        if !plan.reads().changed {
            let filter = plan.filter(&context);
            assert_eq!(
                world.matches(&filter, &case.record),
                case.expect,
                "asking: {}: {filter:?}",
                case.name
            );
        }
    }
}

/// `(condition, code, pointer, part of help)`
fn wrong(condition: Value, change: impl Fn(&mut Scope<'_>)) -> (String, String, String) {
    let condition: Condition = serde_json::from_value(condition).expect("a condition");
    let problems = compile(&condition, change).expect_err("it is wrong");
    problems.iter().for_each(|one| assert_bilingual(one.code, &one.message, &one.help));
    let first = &problems[0];
    (first.code.to_owned(), first.pointer.clone(), first.help.en.clone())
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_wrong_condition_says_what_and_where() {
    let wrong = |condition, code: &str, pointer: &str, help: &str| {
        let text = format!("{condition}");
        let found = wrong(condition, |_| ());
        assert_eq!((found.0.as_str(), found.1.as_str()), (code, pointer), "{text}");
        assert!(found.2.contains(help), "{text}: {}", found.2);
    };
    let leaf = |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    wrong(leaf("nmae", "eq", json!("a")), "condition.unknown_field", "/field", "Did you mean `name`?");
    wrong(
        json!({"all": [{"not": leaf("indusrty", "eq", json!("food"))}]}),
        "condition.unknown_field",
        "/all/0/not/field",
        "industry",
    );
    wrong(leaf("parent.nam", "eq", json!("a")), "condition.unknown_field", "/field", "name");
    wrong(leaf("industry", "eq", json!("foods")), "condition.not_an_option", "/value", "food");
    wrong(leaf("industry", "in", json!(["food", "x"])), "condition.not_an_option", "/value/1", "`retail`");
    wrong(leaf("colors", "has", json!("grey")), "condition.not_an_option", "/value", "green");
    wrong(leaf("value", "gte", json!("D")), "condition.not_an_option", "/value", "");
    wrong(leaf("pieces", "eq", json!("3")), "condition.wrong_literal", "/value", "");
    wrong(leaf("pieces", "eq", json!(3.5)), "condition.wrong_literal", "/value", "");
    wrong(leaf("amount", "eq", json!(0.1)), "condition.wrong_literal", "/value", "");
    wrong(leaf("amount", "gt", json!("12345678901234567")), "condition.wrong_literal", "/value", "");
    wrong(leaf("amount", "eq", json!("1e3")), "condition.wrong_literal", "/value", "");
    wrong(leaf("day", "eq", json!("2026-02-30")), "condition.wrong_literal", "/value", "");
    wrong(leaf("at", "eq", json!("2026-02-28")), "condition.wrong_literal", "/value", "");
    wrong(leaf("active", "eq", json!("true")), "condition.wrong_literal", "/value", "");
    wrong(leaf("owner", "eq", json!("me")), "condition.wrong_literal", "/value", "");
    wrong(leaf("birthday", "eq", json!("1990-13-01")), "condition.wrong_literal", "/value", "");
    wrong(leaf("team", "has", json!("me")), "condition.wrong_literal", "/value", "");
    wrong(
        leaf("team", "eq", json!("01980000-0000-7000-8000-0000000000a1")),
        "condition.wrong_operator",
        "/op",
        "",
    );
    wrong(leaf("area", "under", json!("99")), "condition.not_an_option", "/value", "3301");
    wrong(leaf("goods", "under", json!("33")), "condition.not_an_option", "/value", "");
    wrong(leaf("area", "has", json!("33")), "condition.wrong_operator", "/op", "");
    wrong(leaf("name", "under", json!("33")), "condition.wrong_operator", "/op", "");
    wrong(leaf("opens", "eq", json!("9:30")), "condition.wrong_literal", "/value", "");
    wrong(leaf("opens", "contains", json!("09")), "condition.wrong_operator", "/op", "");
    wrong(leaf("tint", "eq", json!("#ABC")), "condition.wrong_literal", "/value", "");
    wrong(leaf("term", "gt", json!("1d")), "condition.wrong_operator", "/op", "");
    wrong(leaf("license", "eq", json!("91350100M000100Y44")), "condition.wrong_literal", "/value", "");
    wrong(leaf("story", "contains", json!("a")), "condition.wrong_operator", "/op", "");
    wrong(leaf("birthday", "eq", json!("1991-L05-01")), "condition.wrong_literal", "/value", "");
    wrong(leaf("name", "in", json!("a")), "condition.wrong_literal", "/value", "");
    wrong(leaf("colors", "has_all", json!([])), "condition.wrong_literal", "/value", "");
    wrong(leaf("pieces", "contains", json!("3")), "condition.wrong_operator", "/op", "");
    wrong(leaf("industry", "gt", json!("food")), "condition.wrong_operator", "/op", "");
    wrong(leaf("colors", "eq", json!("red")), "condition.wrong_operator", "/op", "");
    wrong(leaf("lines", "eq", json!("red")), "condition.wrong_operator", "/op", "");
    wrong(leaf("name", "within_last", json!("3d")), "condition.wrong_operator", "/op", "");
    wrong(leaf("owner", "under", json!({"ref": "caller.department"})), "condition.wrong_operator", "/op", "");
    wrong(leaf("day", "within_last", json!("3h")), "condition.duration", "/value", "");
    wrong(leaf("day", "within_last", json!("-3d")), "condition.duration", "/value", "");
    wrong(leaf("day", "within_last", json!("3 days")), "condition.duration", "/value", "");
    wrong(leaf("day", "eq", json!({"ref": "today", "plus": "3h"})), "condition.duration", "/value/plus", "");
    wrong(
        leaf("owner", "eq", json!({"ref": "caller.id", "plus": "3d"})),
        "condition.duration",
        "/value/plus",
        "",
    );
    wrong(
        leaf("owner", "eq", json!({"ref": "caller.idd"})),
        "condition.unknown_reference",
        "/value",
        "caller.id",
    );
    wrong(leaf("day", "eq", json!({"ref": "now"})), "condition.wrong_reference", "/value", "");
    wrong(leaf("name", "eq", json!({"ref": "record.pieces"})), "condition.wrong_reference", "/value", "");
    wrong(
        leaf("name", "eq", json!({"ref": "record.parent.name"})),
        "condition.unknown_reference",
        "/value",
        "",
    );
    wrong(json!({"field": "name", "op": "eq"}), "condition.missing_value", "", "");
    wrong(leaf("name", "empty", json!(1)), "condition.unexpected_value", "/value", "");
    wrong(json!({"field": "name", "op": "changed"}), "condition.changed_here", "/op", "");
    wrong(json!({"some": "line"}), "condition.unknown_field", "/some", "lines");
    wrong(json!({"some": "name"}), "condition.no_rows", "/some", "");
    wrong(
        json!({"count": "child.sampel", "op": "gt", "value": 1}),
        "condition.unknown_field",
        "/count",
        "sample",
    );
    wrong(
        json!({"every": "chidl.sample", "where": {"all": []}}),
        "condition.unknown_entity",
        "/every",
        "child",
    );
    wrong(json!({"some": "child.status"}), "condition.no_relation", "/some", "");
    wrong(leaf("peers.name", "eq", json!("a")), "condition.no_relation", "/field", "\"some\": \"peers\"");
    wrong(leaf("peers", "has", json!("me")), "condition.wrong_literal", "/value", "");
    wrong(leaf("peers", "eq", json!([])), "condition.wrong_operator", "/op", "");
    let nested = json!({"some": "peers", "where": {"some": "peers"}});
    wrong(nested, "condition.no_rows", "/where/some", "");
    let counted = json!({"some": "peers", "where": {"some": "child.sample"}});
    wrong(counted, "condition.no_rows", "/where/some", "");
    wrong(leaf("origin", "eq", json!(1)), "condition.wrong_literal", "/value", "");
    wrong(json!({"some": "lines", "where": {"some": "lines"}}), "condition.unknown_field", "/where/some", "");
    wrong(json!({"count": "lines", "op": "in", "value": 1}), "condition.wrong_operator", "/op", "");
    wrong(
        json!({"some": "child.sample", "where": leaf("status", "eq", json!("payd"))}),
        "condition.not_an_option",
        "/where/value",
        "paid",
    );
}

#[test]
fn a_stored_value_may_depend_on_today_but_not_on_now() {
    let stored = |condition: Value| wrong(condition, |scope| scope.stored = true).0;
    assert_eq!(stored(json!({"field": "at", "op": "lt", "value": {"ref": "now"}})), "condition.now_stored");
    assert_eq!(stored(json!({"field": "at", "op": "within_last", "value": "3d"})), "condition.now_stored");
    let day = serde_json::from_value(json!({"field": "day", "op": "within_last", "value": "3d"}))
        .expect("a condition");
    assert!(compile(&day, |scope| scope.stored = true).is_ok());
}

#[test]
fn two_hundred_leaves_are_the_most() {
    let leaf = json!({"field": "pieces", "op": "eq", "value": 1});
    let of = |count: usize| {
        serde_json::from_value(json!({"any": vec![leaf.clone(); count]})).expect("a condition")
    };
    assert!(compile(&of(200), |_| ()).is_ok());
    assert_eq!(compile(&of(201), |_| ()).expect_err("too large")[0].code, "condition.too_large");
}

#[test]
fn it_says_what_it_reads() {
    let condition = json!({"all": [
        {"field": "parent.value.score", "op": "gt", "value": 1},
        {"some": "lines", "where": {"field": "sample.name", "op": "eq", "value": {"ref": "record.note"}}},
        {"count": "child.sample", "where": {"field": "status", "op": "eq", "value": "paid"}, "op": "gt", "value": 1},
        {"field": "due", "op": "lt", "value": {"ref": "today"}}]});
    let plan = compile(&serde_json::from_value(condition).expect("a condition"), |_| ()).expect("fine");
    let reads = plan.reads();
    assert_eq!(
        reads.fields.iter().map(String::as_str).collect::<Vec<_>>(),
        ["due", "lines", "note", "parent"]
    );
    let paths: Vec<_> = reads.paths.iter().map(|path| (path.table.as_deref(), path.field.as_str())).collect();
    assert_eq!(paths, [(None, "value"), (Some("lines"), "name")]);
    assert_eq!(reads.related[0].fields.iter().collect::<Vec<_>>(), ["status"]);
    assert!(reads.today && reads.record && !reads.now && !reads.caller);
}

#[test]
fn in_a_row_names_are_columns_and_record_is_around_it() {
    let condition: Condition =
        serde_json::from_value(json!({"field": "price", "op": "gt", "value": {"ref": "record.amount"}}))
            .expect("fine");
    let plan = compile(&condition, |scope| scope.row_of = Some("lines")).expect("fine");
    assert!(plan.reads().around.contains("amount") && plan.reads().fields.contains("price"));
    let (row, record) = (json!({"price": "2.00"}), json!({"amount": "1.00"}));
    let (facts, circumstances) = (Facts::default(), circumstances());
    let sight = Sight {
        fields: row.as_object().expect("a row"),
        before: None,
        parent: record.as_object(),
        facts: &facts,
        circumstances: &circumstances,
    };
    assert!(plan.judge(&sight));
}

/// Not a benchmark: it only notices when judging becomes slower by orders of magnitude.
#[test]
fn a_table_of_forty_rows_is_judged_fast_enough_for_many_records() {
    let leaf = json!({"all": [{"field": "amount", "op": "gte", "value": "100"},
        {"field": "industry", "op": "in", "value": ["food", "retail"]},
        {"not": {"field": "day", "op": "within_last", "value": "30d"}}]});
    let plan = compile(&serde_json::from_value(leaf).expect("fine"), |_| ()).expect("fine");
    let record = json!({"amount": "250.00", "industry": "food", "day": "2026-01-01"});
    let (facts, circumstances) = (Facts::default(), circumstances());
    let fields = record.as_object().expect("a record");
    let sight = Sight { fields, before: None, parent: None, facts: &facts, circumstances: &circumstances };
    let started = std::time::Instant::now();
    let held = (0..2_000 * 40).filter(|_| plan.judge(&sight)).count();
    assert_eq!(held, 80_000);
    assert!(started.elapsed().as_secs() < 5, "{:?} for 2,000 records", started.elapsed());
}
