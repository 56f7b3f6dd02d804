//! Cases beside rules and grades: a record given, a judgement expected; only the keys given are compared.
//!
//! A case is judged in memory: computed fields that the record does not give are computed, rollups and counts come
//! from the rows in `related`, and dotted paths lead to rows there that carry an `id`. A script runs in the process
//! that calls, which is why `kezhi test` calls from a script child.

mod compare;
mod related;

use std::collections::BTreeSet;

use jiff::civil::Date;
use kezhi_types::def::grade::GradeDef;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::def::scenario::CaseDef;
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp, Violation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::app::{AppPlan, EntityPlan, FieldPlan, RulePlan};
use crate::facts::{Circumstances, Facts, Sight};
use crate::record::{RuleCase, judge_rule};
use crate::{grade, kind};

/// How one case went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The file: `grades/customer_value.cases.json`.
    pub path: String,
    /// The case's own name.
    pub name: String,
    /// What differed, a sentence each; none when it passed.
    pub failures: Vec<String>,
}

impl CaseResult {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRef {
    /// The file: `grades/customer_value.cases.json`.
    pub path: String,
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its own name.
    pub name: String,
}

/// Every case of the app, in the order of the files. A file that cannot be read counts as one case, whose result says so.
pub fn list(app: &AppPlan) -> Vec<CaseRef> {
    let mut found = Vec::new();
    for (path, text) in app.folder.0.iter().filter(|(path, _)| subject(app, path).is_some()) {
        let names = match read(text) {
            Ok(cases) => cases.into_iter().map(|case| case.name).collect(),
            Err(_) => vec![String::new()],
        };
        let case = |(index, name)| CaseRef { path: path.clone(), index, name };
        found.extend(names.into_iter().enumerate().map(case));
    }
    found
}

/// Runs every case of the app, in the order of the files.
pub fn run(app: &AppPlan) -> Vec<CaseResult> {
    list(app).iter().map(|case| run_one(app, &case.path, case.index)).collect()
}

/// Runs the case at a place in a file of cases.
pub fn run_one(app: &AppPlan, path: &str, index: usize) -> CaseResult {
    let result = |name: &str, failures| CaseResult { path: path.to_owned(), name: name.to_owned(), failures };
    let found = app.folder.get(path).zip(subject(app, path));
    match found.map(|(text, subject)| (read(text), subject)) {
        None => result("", vec!["there is no such file of cases".to_owned()]),
        Some((Err(error), _)) => result("", vec![format!("the file cannot be read: {error}")]),
        Some((Ok(cases), subject)) => match cases.get(index) {
            Some(case) => result(&case.name, judge(app, &subject, case)),
            None => result("", vec!["there is no such case".to_owned()]),
        },
    }
}

fn read(text: &str) -> Result<Vec<CaseDef>, serde_json::Error> {
    serde_json::from_str(text)
}

/// What a file of cases is about.
enum Subject<'a> {
    Rule(&'a EntityPlan, &'a RulePlan),
    Grade(&'a EntityPlan, &'a grade::GradePlan),
}

fn subject<'a>(app: &'a AppPlan, path: &str) -> Option<Subject<'a>> {
    let (folder, key) = path.strip_suffix(".cases.json")?.split_once('/')?;
    match folder {
        "grades" => {
            let grade = app.grades.get(key)?;
            let GradeDef { entity, .. } = &grade.def;
            Some(Subject::Grade(app.entity(entity)?, grade))
        }
        "rules" => {
            let found = app.entities.values().find_map(|entity| {
                let rule = entity.rules.iter().find(|rule| rule.key == key)?;
                Some((entity, rule))
            });
            found.map(|(entity, rule)| Subject::Rule(entity, rule))
        }
        _ => None,
    }
}

fn judge(app: &AppPlan, subject: &Subject<'_>, case: &CaseDef) -> Vec<String> {
    let (Subject::Rule(entity, _) | Subject::Grade(entity, _)) = subject;
    let circumstances = match circumstances(app, case) {
        Ok(circumstances) => circumstances,
        Err(failure) => return vec![failure],
    };
    let unknown = case.record.keys().filter(|key| app.catalog.field(&entity.key, key).is_none());
    let unknown: Vec<String> = unknown.map(|key| format!("`{}` has no field `{key}`", entity.key)).collect();
    if !unknown.is_empty() {
        return unknown;
    }
    let mut facts = related::facts(&subject_reads(subject), case);
    let record = complete(entity, &case.record, case, &mut facts, &circumstances);
    let before =
        case.before.as_ref().map(|before| complete(entity, before, case, &mut facts.clone(), &circumstances));
    let zone = circumstances.time_zone();
    related::answer(subject_conditions(subject), case, (&record, &circumstances, &zone), &mut facts);
    match subject {
        Subject::Grade(_, grade) => {
            let sight = Sight {
                fields: &record,
                before: before.as_ref(),
                parent: None,
                facts: &facts,
                circumstances: &circumstances,
            };
            match grade::grade(grade, &sight) {
                Ok(outcome) => compare::grade(&outcome.grade, &case.expect),
                Err(error) => vec![format!("the grade failed: {error}")],
            }
        }
        Subject::Rule(_, rule) => {
            let given =
                RuleCase { record: &record, before: before.as_ref(), facts: &facts, c: &circumstances };
            let broken: Vec<Violation> = judge_rule(entity, rule, &given).into_iter().collect();
            compare::rule(rule, &broken, &case.expect)
        }
    }
}

fn subject_reads(subject: &Subject<'_>) -> crate::condition::Reads {
    use crate::app::RuleTest;
    match subject {
        Subject::Grade(_, grade) => crate::compile::grade_reads(grade),
        Subject::Rule(_, rule) => match &rule.test {
            RuleTest::Must(must) => must.reads().clone(),
            RuleTest::Script(script) => script.reads().clone(),
        },
    }
}

fn subject_conditions<'a>(subject: &'a Subject<'_>) -> Vec<&'a crate::condition::ConditionPlan> {
    use crate::app::RuleTest;
    use crate::grade::MethodPlan;
    match subject {
        Subject::Grade(_, grade) => match &grade.method {
            MethodPlan::Table(rows) => rows.iter().map(|row| &row.when).collect(),
            MethodPlan::Script(_) => Vec::new(),
        },
        Subject::Rule(_, rule) => {
            let must = match &rule.test {
                RuleTest::Must(must) => Some(must),
                RuleTest::Script(_) => None,
            };
            rule.when.iter().chain(must).collect()
        }
    }
}

/// Noon of the case's day, so that `today` is that day in every zone of the workspace.
fn circumstances(app: &AppPlan, case: &CaseDef) -> Result<Circumstances, String> {
    let today = match &case.today {
        None => Date::constant(2026, 1, 1),
        Some(text) => text.parse().map_err(|_| format!("`today` is not a date: `{text}`"))?,
    };
    let zone = jiff::tz::TimeZone::get(&app.zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let noon = today.at(12, 0, 0, 0).to_zoned(zone).map_err(|error| error.to_string())?;
    let operation = if case.before.is_some() { RuleOperation::Update } else { RuleOperation::Create };
    Ok(Circumstances {
        now: Timestamp::from(noon.timestamp()),
        zone: app.zone.clone(),
        caller: caller(case.caller.as_ref())?,
        entrance: Entrance::Api,
        operation,
        confirmed: BTreeSet::new(),
    })
}

/// A person without roles; keys of `caller` replace what is given.
fn caller(given: Option<&Fields>) -> Result<Caller, String> {
    let mut caller = serde_json::json!({
        "id": Id(uuid_of(2)), "name": "case", "kind": "person", "roles": [], "department": null
    });
    if let (Some(given), Some(caller)) = (given, caller.as_object_mut()) {
        caller.extend(given.clone());
    }
    serde_json::from_value(caller).map_err(|error| format!("`caller` cannot be read: {error}"))
}

fn uuid_of(number: u8) -> uuid::Uuid {
    uuid::Uuid::from_u128(number.into())
}

/// The record with everything computed that it does not give itself.
fn complete(
    entity: &EntityPlan,
    given: &Fields,
    case: &CaseDef,
    facts: &mut Facts,
    c: &Circumstances,
) -> Fields {
    let mut flat = given.clone();
    for field in entity.order.iter().filter_map(|key| entity.fields.get(key)) {
        for column in field.columns.values().filter(|column| column.compute.is_some()) {
            fill_rows(&mut flat, &field.key, column, facts, c);
        }
        if flat.contains_key(&field.key) {
            continue;
        }
        let sight = Sight { fields: &flat, before: None, parent: None, facts, circumstances: c };
        let value = match (&field.compute, &field.rollup) {
            (Some(compute), _) => {
                compute.eval(&sight).ok().flatten().and_then(|value| kind::settle(field, &value).ok())
            }
            (None, Some(rollup)) => {
                related::rollup(rollup, case).and_then(|value| kind::settle(field, &value).ok())
            }
            (None, None) => None,
        };
        if let Some(value) = value {
            flat.insert(field.key.clone(), value);
        }
    }
    flat
}

fn fill_rows(flat: &mut Fields, table: &str, column: &FieldPlan, facts: &Facts, c: &Circumstances) {
    let Some(compute) = &column.compute else {
        return;
    };
    let around = flat.clone();
    let rows = flat.get_mut(table).and_then(Value::as_array_mut);
    for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
        if row.contains_key(&column.key) {
            continue;
        }
        let sight = Sight { fields: row, before: None, parent: Some(&around), facts, circumstances: c };
        let value = compute.eval(&sight).ok().flatten().and_then(|value| kind::settle(column, &value).ok());
        if let Some(value) = value {
            row.insert(column.key.clone(), value);
        }
    }
}
