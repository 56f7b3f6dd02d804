//! What must hold after crashes, judged on what callers were told and what is there. Asks nobody, so that it can be
//! shown to notice what it is there for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What the callers were told: names of customers that were acknowledged, and notes that a patch acknowledged.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Name to id.
    pub created: BTreeMap<String, String>,
    /// Id to the number of staff.
    pub patched: BTreeMap<String, i64>,
    /// Names that were asked for.
    pub tried: BTreeSet<String>,
    /// Tasks that were completed.
    pub completed: BTreeSet<String>,
    /// Creates that nobody heard an answer to, with the path they went to.
    pub unheard: BTreeMap<String, &'static str>,
}

/// What is there once everything has come to rest.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Every customer.
    pub customers: Vec<Value>,
    /// Every run of `first_call`, with its path.
    pub runs: Vec<Value>,
    /// Every visit.
    pub visits: Vec<Value>,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Everything that was lost or stands twice, a sentence each.
pub fn breaches(told: &Told, found: &Found) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut names = BTreeMap::new();
    for customer in &found.customers {
        let (name, id) = (text(customer, "name"), text(customer, "id"));
        if !told.tried.contains(name) {
            breaches.push(format!("nobody created {name}"));
        }
        if names.insert(name, id).is_some() {
            breaches.push(format!("{name} is there twice"));
        }
        let staff = customer["staff"].as_i64().unwrap_or_default();
        if told.patched.get(id).is_some_and(|patched| staff < *patched) {
            breaches.push(format!("an acknowledged change of {id} is lost"));
        }
    }
    for (name, id) in &told.created {
        if names.get(name.as_str()) != Some(&id.as_str()) {
            breaches.push(format!("the acknowledged {name} is lost"));
        }
    }
    let mut started = BTreeMap::<&str, usize>::new();
    for run in &found.runs {
        *started.entry(text(&run["record"], "id")).or_default() += 1;
    }
    let (with_run, expected): (BTreeSet<&str>, BTreeSet<&str>) =
        (started.keys().copied().collect(), names.values().copied().collect());
    breaches.extend(expected.difference(&with_run).map(|id| format!("{id} has no run")));
    breaches.extend(with_run.difference(&expected).map(|id| format!("{id} has a run and is not there")));
    let twice = started.iter().filter(|(_, count)| **count > 1);
    breaches.extend(twice.map(|(id, count)| format!("{id} has {count} runs")));
    breaches.extend(of_tasks(told, found));
    breaches
}

/// Each run has its one task, each completed task its one visit.
fn of_tasks(told: &Told, found: &Found) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut finished = BTreeSet::new();
    for run in &found.runs {
        let steps = run["path"].as_array().into_iter().flatten();
        let tasks: Vec<&Value> = steps.flat_map(|step| step["tasks"].as_array()).flatten().collect();
        if tasks.len() != 1 {
            breaches.push(format!("run {} has {} tasks instead of one", text(run, "id"), tasks.len()));
        }
        finished
            .extend(tasks.iter().filter(|task| task["state"] == "completed").map(|task| text(task, "id")));
    }
    let lost = told.completed.iter().filter(|task| !finished.contains(task.as_str()));
    breaches.extend(lost.map(|task| format!("the acknowledged decision about {task} is lost")));
    let visited: BTreeSet<&str> = found.visits.iter().map(|visit| text(visit, "customer")).collect();
    if found.visits.len() != finished.len() || visited.len() != finished.len() {
        let (decisions, visits) = (finished.len(), found.visits.len());
        breaches.push(format!("{decisions} decisions led to {visits} visits of {} customers", visited.len()));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Two customers, both called, one of them visited.
    fn whole() -> (Told, Found) {
        let customer = |id: &str, name: &str, staff: i64| json!({ "id": id, "name": name, "staff": staff });
        let run = |id: &str, of: &str, task: &str, state: &str| json!({ "id": id, "record": { "id": of }, "path": [{ "tasks": [{ "id": task, "state": state }] }, { "tasks": [] }] });
        let told = Told {
            created: [("a".to_owned(), "1".to_owned())].into(),
            patched: [("1".to_owned(), 2)].into(),
            tried: ["a".to_owned(), "b".to_owned(), "c".to_owned()].into(),
            completed: ["t1".to_owned()].into(),
            unheard: BTreeMap::new(),
        };
        let found = Found {
            customers: vec![customer("1", "a", 2), customer("2", "b", 0)],
            runs: vec![run("r1", "1", "t1", "completed"), run("r2", "2", "t2", "open")],
            visits: vec![json!({ "id": "v1", "customer": "1" })],
        };
        (told, found)
    }

    #[track_caller]
    fn notices(what: &str, damage: impl FnOnce(&mut Found)) {
        let (told, mut found) = whole();
        assert_eq!(breaches(&told, &found), [""; 0], "nothing is wrong before");
        damage(&mut found);
        let told = breaches(&told, &found);
        assert!(told.iter().any(|breach| breach.contains(what)), "`{what}` goes unnoticed: {told:?}");
    }

    #[test]
    fn a_lost_record_or_change_is_noticed() {
        notices("the acknowledged a is lost", |found| drop(found.customers.remove(0)));
        notices("change of 1 is lost", |found| found.customers[0]["staff"] = json!(1));
    }

    #[test]
    fn a_record_that_stands_twice_or_that_nobody_made_is_noticed() {
        notices("b is there twice", |found| {
            found.customers.push(json!({ "id": "3", "name": "b", "staff": 0 }))
        });
        notices("nobody created z", |found| {
            found.customers.push(json!({ "id": "3", "name": "z", "staff": 0 }))
        });
    }

    #[test]
    fn a_lost_or_doubled_run_is_noticed() {
        notices("2 has no run", |found| drop(found.runs.pop()));
        notices("2 has 2 runs", |found| found.runs.push(found.runs[1].clone()));
    }

    #[test]
    fn a_lost_or_doubled_task_is_noticed() {
        notices("run r2 has 0 tasks", |found| found.runs[1]["path"][0]["tasks"] = json!([]));
        notices("run r2 has 2 tasks", |found| {
            found.runs[1]["path"][1]["tasks"] = json!([{ "id": "t3", "state": "open" }]);
        });
        notices("decision about t1 is lost", |found| {
            found.runs[0]["path"][0]["tasks"][0]["state"] = json!("open")
        });
    }

    #[test]
    fn a_doubled_or_lost_effect_is_noticed() {
        notices("1 decisions led to 2 visits", |found| found.visits.push(found.visits[0].clone()));
        notices("1 decisions led to 0 visits", |found| found.visits.clear());
    }
}
