//! The last step: the rules that guard the entity, all that read nothing about which shape or demand found something wrong.

use std::collections::BTreeSet;

use kezhi_types::def::rule::{RuleLevel, RuleOperation};
use kezhi_types::{CallerKind, Entrance, Fields, Violation, Violations};
use serde_json::Value;

use super::case::{Case, Scripts};
use crate::app::{EntityPlan, RulePlan, RuleTest};
use crate::condition::ConditionPlan;
use crate::facts::{Circumstances, Facts};
use crate::kind;
use crate::script::ScriptInput;

/// Judges the rules of this operation and entrance that read none of the `doubtful` fields: the answer is the warnings.
///
/// # Errors
/// The rules that refuse, that want to be confirmed, or whose script failed.
pub(super) fn check(
    case: &Case<'_>,
    flat: &Fields,
    doubtful: &BTreeSet<String>,
) -> Result<Violations, Violations> {
    let mut refused = Violations::default();
    let mut warnings = Violations::default();
    for rule in case.entity.rules.iter().filter(|rule| is_sure(rule, doubtful) && applies(case, rule, flat)) {
        let Some((code, broken)) = test(case, rule, flat) else { continue };
        match (code, rule.def.level) {
            ("rule.failed", _) | (_, RuleLevel::Refuse) => refused.push(broken),
            (_, RuleLevel::Warn) => warnings.push(broken),
            (_, RuleLevel::Confirm) if is_confirmed(case, rule) => {}
            (_, RuleLevel::Confirm) => refused.push(broken),
        }
    }
    refused.into_result().map(|()| warnings)
}

/// A record as one rule sees it, both flat.
pub struct RuleCase<'a> {
    /// The record.
    pub record: &'a Fields,
    /// The record as it stood, for an update.
    pub before: Option<&'a Fields>,
    /// The answers of the store.
    pub facts: &'a Facts,
    /// Time and identity.
    pub c: &'a Circumstances,
}

/// Judges one rule: what it says when it does not hold, whatever its level.
pub fn judge_rule(entity: &EntityPlan, rule: &RulePlan, given: &RuleCase<'_>) -> Option<Violation> {
    let case = Case { stood: given.before.cloned(), ..Case::new(entity, None, given.facts, given.c) };
    let on = match given.c.operation {
        RuleOperation::Create if given.before.is_some() => RuleOperation::Update,
        operation => operation,
    };
    let sight = case.sight(given.record);
    let asked = rule.def.on.contains(&on) && rule.when.as_ref().is_none_or(|when| when.judge(&sight));
    if !asked {
        return None;
    }
    test(&case, rule, given.record).map(|(_, broken)| broken)
}

/// Whether what a rule reads is right, as far as shape and demand know.
fn is_sure(rule: &RulePlan, doubtful: &BTreeSet<String>) -> bool {
    let fine = |condition: &ConditionPlan| condition.reads().fields.is_disjoint(doubtful);
    match &rule.test {
        _ if doubtful.is_empty() => true,
        RuleTest::Must(must) => fine(must) && rule.when.as_ref().is_none_or(fine),
        RuleTest::Script(_) => false,
    }
}

fn applies(case: &Case<'_>, rule: &RulePlan, flat: &Fields) -> bool {
    let entrance = rule.def.entrances.as_ref().is_none_or(|doors| doors.contains(&case.c.entrance));
    let here = case.scripts == Scripts::Run || matches!(rule.test, RuleTest::Must(_));
    entrance
        && here
        && rule.def.on.contains(&operation(case))
        && rule.when.as_ref().is_none_or(|when| when.judge(&case.sight(flat)))
}

/// Create and update follow from the record; deletion from what is being done.
fn operation(case: &Case<'_>) -> RuleOperation {
    match (case.c.operation, case.before) {
        (RuleOperation::Delete, _) => RuleOperation::Delete,
        (_, Some(_)) => RuleOperation::Update,
        (_, None) => RuleOperation::Create,
    }
}

/// Rules named by the request, and every rule for the engine itself, whose history says what it did.
fn is_confirmed(case: &Case<'_>, rule: &RulePlan) -> bool {
    let engine = case.c.caller.kind == CallerKind::System;
    engine
        || matches!(case.c.entrance, Entrance::Workflow | Entrance::Template)
        || case.c.confirmed.contains(&rule.key)
}

/// `None` where the rule holds.
fn test(case: &Case<'_>, rule: &RulePlan, flat: &Fields) -> Option<(&'static str, Violation)> {
    let code = match rule.def.level {
        RuleLevel::Refuse => "rule.refused",
        RuleLevel::Warn => "rule.warn",
        RuleLevel::Confirm => "rule.confirm",
    };
    let broken = match &rule.test {
        RuleTest::Must(must) if must.judge(&case.sight(flat)) => return None,
        RuleTest::Must(_) => violation(rule, code, rule.def.field.as_deref(), Some(&rule.def.message)),
        RuleTest::Script(script) => match script.run(&input(case, flat)) {
            Ok(answer) => return of_answer(rule, code, &answer).map(|broken| (code, broken)),
            Err(error) => {
                let failed = violation(rule, "rule.failed", rule.def.field.as_deref(), None);
                return Some(("rule.failed", failed.with("error", error)));
            }
        },
    };
    Some((code, broken))
}

/// What a script answered: `{"ok": true}`, or `{"ok": false, "field"?, "message"?}`.
fn of_answer(rule: &RulePlan, code: &str, answer: &Value) -> Option<Violation> {
    let ok = answer.as_bool().or_else(|| answer.get("ok").and_then(Value::as_bool)).unwrap_or(false);
    if ok {
        return None;
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let field = text("field").or(rule.def.field.as_deref());
    Some(violation(rule, code, field, text("message").or(Some(&rule.def.message))))
}

fn violation(rule: &RulePlan, code: &str, field: Option<&str>, message: Option<&str>) -> Violation {
    let at = field.map(place).unwrap_or_default();
    let mut violation = Violation::new(code, at).with("title", rule.def.title.clone());
    violation.message = message.filter(|message| !message.is_empty()).map(str::to_owned);
    violation.rule = Some(rule.key.clone());
    violation
}

/// Where a field is, or with `lines/0/price` the cell of a row. Keys have neither `/` nor `~`.
fn place(field: &str) -> String {
    field.trim_start_matches('/').split('/').fold(String::new(), |parent, part| kind::pointer(&parent, part))
}

fn input(case: &Case<'_>, flat: &Fields) -> ScriptInput {
    ScriptInput {
        record: flat.clone(),
        before: case.stood.clone(),
        related: case.facts.rows.clone(),
        today: case.c.today(),
        now: case.c.now,
        zone: case.c.zone.clone(),
        caller: case.c.caller.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_may_point_at_a_cell() {
        for (field, pointer) in
            [("amount", "/amount"), ("lines/0/price", "/lines/0/price"), ("/lines/1", "/lines/1")]
        {
            assert_eq!(place(field), pointer);
        }
    }
}
