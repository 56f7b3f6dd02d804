//! The engine's judgement over records that are all at hand: what the store would count is counted here, by judging
//! each record that points at the one in question.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use kezhi_plan::app::AppPlan;
use kezhi_plan::compile::compile;
use kezhi_plan::condition::{ConditionPlan, Scope};
use kezhi_plan::facts::{Circumstances, Facts, Sight};
use kezhi_tests::tree;
use kezhi_types::def::files::Folder;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Caller, Entrance, Fields, Id, Timestamp};
use serde_json::{Value, json};

pub struct World {
    app: AppPlan,
    entities: HashMap<String, Vec<Fields>>,
    records: BTreeMap<Id, (String, Fields)>,
    caller: Caller,
    pub now: Timestamp,
}

/// A condition with what must be counted before it is judged.
struct Judge {
    plan: ConditionPlan,
    counts: Vec<Count>,
}

struct Count {
    number: u32,
    entity: String,
    via: String,
    which: Option<Judge>,
}

/// Whether a relation leads to the record, or is many of which one does.
fn names(via: Option<&Value>, id: Option<&Value>) -> bool {
    match (via, id) {
        (Some(Value::Array(many)), Some(id)) => many.contains(id),
        (via, id) => via.is_some_and(|one| !one.is_null()) && via == id,
    }
}

impl World {
    pub fn new(entities: HashMap<String, Vec<Fields>>, caller: Caller, now: Timestamp) -> Self {
        let top = tree::root().join("tests/fixtures/app");
        let files = tree::files("tests/fixtures/app", "").into_iter().map(|file| {
            let name = file.strip_prefix(&top).expect("it lies there").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&file).expect("a fixture can be read"))
        });
        let compiled = compile(&Folder(files.collect()), 0);
        let app = compiled.plan.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        let id = |fields: &Fields| fields["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let records = entities
            .iter()
            .flat_map(|(entity, rows)| rows.iter().map(|row| (id(row), (entity.clone(), row.clone()))))
            .collect();
        Self { app, entities, records, caller, now }
    }

    /// Which records of an entity fulfil the condition, by their numbers.
    pub fn judge(&self, entity: &str, condition: &Value) -> Vec<usize> {
        let judge = self.compile(entity, condition);
        let mut facts = Facts { records: self.records.clone(), ..Facts::default() };
        let circumstances = Circumstances {
            now: self.now,
            zone: self.app.zone.clone(),
            caller: self.caller.clone(),
            entrance: Entrance::Api,
            operation: RuleOperation::Update,
            confirmed: BTreeSet::new(),
        };
        let rows = self.entities[entity].iter().enumerate();
        rows.filter(|(_, row)| self.holds(&judge, row, &mut facts, &circumstances))
            .map(|(at, _)| at)
            .collect()
    }

    fn holds(&self, judge: &Judge, record: &Fields, facts: &mut Facts, c: &Circumstances) -> bool {
        let mut probes = BTreeMap::new();
        for count in &judge.counts {
            let rows = self.entities.get(&count.entity).into_iter().flatten();
            let pointing: Vec<&Fields> =
                rows.filter(|row| names(row.get(&count.via), record.get("id"))).collect();
            let mut number = 0;
            for row in pointing {
                let counts = match &count.which {
                    Some(which) => self.holds(which, row, facts, c),
                    None => true,
                };
                number += i64::from(counts);
            }
            probes.insert(count.number, number);
        }
        facts.probes = probes;
        judge.plan.judge(&Sight { fields: record, before: None, parent: None, facts, circumstances: c })
    }

    fn compile(&self, entity: &str, condition: &Value) -> Judge {
        let parsed = serde_json::from_value(condition.clone()).expect("a condition");
        let probes = Cell::new(0);
        let plan = ConditionPlan::compile(&parsed, &Scope::of(&self.app.catalog, entity, &probes))
            .unwrap_or_else(|found| panic!("{condition}: {found:?}"));
        let mut counts = Vec::new();
        self.gather(condition, &mut 0, &mut counts, true);
        Judge { plan, counts }
    }

    /// The questions about other records, numbered as the compiler does: each before those inside it.
    fn gather(&self, condition: &Value, next: &mut u32, counts: &mut Vec<Count>, outermost: bool) {
        for key in ["all", "any"] {
            for part in condition[key].as_array().into_iter().flatten() {
                self.gather(part, next, counts, outermost);
            }
        }
        if condition.get("not").is_some() {
            self.gather(&condition["not"], next, counts, outermost);
        }
        let kind = ["some", "every", "count"].into_iter().find(|key| condition.get(*key).is_some());
        let Some(kind) = kind else { return };
        let path = condition[kind].as_str().expect("a path");
        let inner = condition.get("where");
        let Some((entity, via)) = path.split_once('.') else { return };
        let number = *next;
        *next += 1;
        if let Some(inner) = inner {
            self.gather(inner, next, counts, false);
        }
        if outermost {
            let which = inner.map(|inner| match kind {
                "every" => self.compile(entity, &json!({ "not": inner })),
                _ => self.compile(entity, inner),
            });
            counts.push(Count { number, entity: entity.to_owned(), via: via.to_owned(), which });
        }
    }
}
