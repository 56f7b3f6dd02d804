//! What was expected against what was judged.

use kezhi_types::def::grade::Grade;
use kezhi_types::{Fields, Violation};
use serde_json::{Value, json};

use crate::app::RulePlan;

/// Compares the keys given of `{letter?, score?, reasons?}`.
pub fn grade(grade: &Grade, expect: &Fields) -> Vec<String> {
    let judged = json!({ "letter": grade.letter, "score": grade.score, "reasons": grade.reasons });
    let differs = |(key, expected): (&String, &Value)| match judged.get(key) {
        None => Some(format!("a grade has no `{key}`")),
        Some(got) if got == expected => None,
        Some(got) => Some(format!("`{key}` is {got}, expected {expected}")),
    };
    expect.iter().filter_map(differs).collect()
}

/// Compares `{passes: true}` or `{violations: [{code?, pointer?, message?}]}`.
pub fn rule(rule: &RulePlan, broken: &[Violation], expect: &Fields) -> Vec<String> {
    let told: Vec<Value> = broken.iter().map(|violation| told(rule, violation)).collect();
    let mut failures = Vec::new();
    for (key, expected) in expect {
        match (key.as_str(), expected) {
            ("passes", Value::Bool(true)) if broken.is_empty() => {}
            ("passes", Value::Bool(false)) if !broken.is_empty() => {}
            ("passes", Value::Bool(true)) => {
                failures.push(format!("it is refused: {}", Value::from(told.clone())))
            }
            ("passes", _) => failures.push("it passes".to_owned()),
            ("violations", Value::Array(wanted)) => failures.extend(violations(&told, wanted)),
            _ => failures.push(format!("a case of a rule expects `passes` or `violations`, not `{key}`")),
        }
    }
    failures
}

fn violations(told: &[Value], wanted: &[Value]) -> Option<String> {
    let fits = |got: &Value, wanted: &Value| {
        let wanted = wanted.as_object();
        wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| got.get(key) == Some(value)))
    };
    let same = told.len() == wanted.len() && told.iter().zip(wanted).all(|(got, wanted)| fits(got, wanted));
    let shown = |list: &[Value]| Value::from(list.to_vec()).to_string();
    (!same).then(|| format!("the violations are {}, expected {}", shown(told), shown(wanted)))
}

fn told(rule: &RulePlan, violation: &Violation) -> Value {
    json!({
        "code": violation.code, "pointer": violation.pointer, "message": violation.message, "rule": rule.key
    })
}
