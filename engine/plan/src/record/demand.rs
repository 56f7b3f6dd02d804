//! The third step: does the complete record hold what its fields demand? Required, not to be changed, options,
//! unique, references.

use kezhi_types::def::entity::FieldKind;
use kezhi_types::{Fields, Id, Violation, Violations};
use serde_json::Value;

use super::case::{self, Case};
use super::settle::{self, Settled};
use super::shape::{read_only, same};
use super::table;
use crate::app::FieldPlan;
use crate::facts::{Sight, ids_in};
use crate::kind;

pub(super) fn check(case: &Case<'_>, sent: &Fields, settled: &Settled) -> Violations {
    let mut violations = Violations::default();
    let flat = &settled.flat;
    let sight = case.sight(flat);
    for (key, field) in &case.entity.fields {
        let at = kind::pointer("", key);
        let value = flat.get(key).filter(|value| !value.is_null());
        let place = Place { field, value, stored: case.stored(key), at: &at };
        if !settled.hidden.contains(key) && case.entity.required.contains(key) | holds(&field.require, &sight)
        {
            required(&place, &mut violations);
        }
        if !field.is_derived() && locked(case, field, sent, flat) {
            violations.push(read_only(field, at.as_str()));
        }
        options(&place, &sight, &mut violations);
        if field.def.unique && case.facts.taken.contains(key) {
            violations.push(place.violation("record.not_unique"));
        }
        references(case, &place, flat, &mut violations);
        if field.kind == FieldKind::Table && !settled.hidden.contains(key) {
            rows(case, field, flat, &mut violations);
        }
    }
    violations
}

/// One value and where it stands.
struct Place<'a> {
    field: &'a FieldPlan,
    value: Option<&'a Value>,
    stored: Option<&'a Value>,
    at: &'a str,
}

impl Place<'_> {
    fn violation(&self, code: &str) -> Violation {
        Violation::new(code, self.at).with("field", self.field.title.clone())
    }

    fn is_changed(&self) -> bool {
        self.value != self.stored
    }
}

fn holds(condition: &Option<crate::condition::ConditionPlan>, sight: &Sight<'_>) -> bool {
    condition.as_ref().is_some_and(|condition| condition.judge(sight))
}

fn required(place: &Place<'_>, violations: &mut Violations) {
    let blank = place.value.and_then(Value::as_str).is_some_and(|text| text.trim().is_empty());
    if blank || kind::is_empty(place.value) {
        violations.push(place.violation("record.required"));
    }
}

/// Whether a value was changed that could not be: the field was locked before the change and still is. What a
/// person fills in and locks in one go is fine, as it would be in two; a new record starts with its defaults.
fn locked(case: &Case<'_>, field: &FieldPlan, sent: &Fields, flat: &Fields) -> bool {
    let Some(readonly) = &field.readonly else { return false };
    let Some(value) = sent.get(&field.key) else { return false };
    let changed = match case.before {
        Some(_) => !same(case.stored(&field.key), flat.get(&field.key).unwrap_or(&Value::Null)),
        None => !value.is_null(),
    };
    if !changed || !readonly.judge(&case.sight(flat)) {
        return false;
    }
    if let Some(stood) = &case.stood {
        return readonly.judge(&case.sight(stood));
    }
    let blank = settle::walk(case, &Fields::new(), flat.get("owner")).flat;
    blank.get(&field.key) != flat.get(&field.key) && readonly.judge(&case.sight(&blank))
}

/// The first case of `x-options` that holds narrows what may be chosen.
fn options(place: &Place<'_>, sight: &Sight<'_>, violations: &mut Violations) {
    let Some(offered) = offered(place.field, sight) else { return };
    let chosen = match place.value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    for text in chosen.iter().filter_map(Value::as_str) {
        if !offered.iter().any(|option| option == text) {
            violations.push(place.violation("record.not_an_option").with("value", text));
        }
    }
}

/// The options that remain; `None` where nothing narrows them.
pub(crate) fn offered<'f>(field: &'f FieldPlan, sight: &Sight<'_>) -> Option<&'f [String]> {
    field.cases.iter().find(|(when, _)| when.judge(sight)).map(|(_, only)| only.as_slice())
}

/// Relations and people that were newly named must exist, and be among what the field offers.
fn references(case: &Case<'_>, place: &Place<'_>, flat: &Fields, violations: &mut Violations) {
    if !place.is_changed() {
        return;
    }
    let stood = ids_in(place.stored);
    let named: Vec<Id> = ids_in(place.value).into_iter().filter(|id| !stood.contains(id)).collect();
    let unknown = match place.field.kind {
        FieldKind::Person | FieldKind::People => named.iter().any(|id| !case.facts.people.contains_key(id)),
        FieldKind::Department | FieldKind::Departments => {
            named.iter().any(|id| !case.facts.departments.contains(id))
        }
        FieldKind::Relation | FieldKind::Relations => {
            return relations(case, place, (&named, flat), violations);
        }
        _ => false,
    };
    if unknown {
        violations.push(place.violation("record.unknown_reference"));
    }
}

/// Of several records that are wrong the first is told.
fn relations(
    case: &Case<'_>,
    place: &Place<'_>,
    (named, flat): (&[Id], &Fields),
    violations: &mut Violations,
) {
    let Some((target, _)) = &place.field.relation else { return };
    for id in named {
        let found = case.facts.records.get(id).filter(|(entity, _)| entity == target);
        let Some((_, record)) = found else {
            return violations.push(place.violation("record.unknown_reference"));
        };
        let sight = Sight {
            fields: record,
            before: None,
            parent: Some(flat),
            facts: case.facts,
            circumstances: case.c,
        };
        if place.field.offered.as_ref().is_some_and(|offered| !offered.judge(&sight)) {
            return violations.push(place.violation("record.not_offered"));
        }
    }
}

fn rows(case: &Case<'_>, field: &FieldPlan, flat: &Fields, violations: &mut Violations) {
    let stored = case.stored_rows(&field.key);
    for (index, row) in case::rows(flat, &field.key).iter().enumerate() {
        let Value::Object(row) = row else { continue };
        let before = case::same_row(row, stored);
        let sight = case.row_sight(row, flat);
        for (key, column) in &field.columns {
            let at = kind::pointer(&format!("/{}/{index}", field.key), key);
            let value = row.get(key).filter(|value| !value.is_null());
            let place = Place { field: column, value, stored: before.and_then(|row| row.get(key)), at: &at };
            let required_here = field.def.items.as_ref().is_some_and(|items| items.required.contains(key))
                || holds(&column.require, &sight);
            if required_here && table::shown(case, column, row, flat) {
                required(&place, violations);
            }
            let locked = before.is_some() && place.is_changed() && !column.is_derived();
            if locked && holds(&column.readonly, &sight) {
                violations.push(place.violation("record.read_only"));
            }
            options(&place, &sight, violations);
            references(case, &place, flat, violations);
        }
    }
}
