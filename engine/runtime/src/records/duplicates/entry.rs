//! Duplicates when a record is saved, at every entrance: what a rule finds refuses, asks to be confirmed, or warns, as
//! other rules do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kezhi_plan::app::{DuplicatePlan, EntityPlan};
use kezhi_plan::facts::Circumstances;
use kezhi_plan::kind;
use kezhi_store::Tx;
use kezhi_store::candidates::OF_EACH;
use kezhi_store::matching::{self, Forms};
use kezhi_types::def::rule::{RuleLevel, RuleOperation};
use kezhi_types::query::Comparison;
use kezhi_types::{CallerKind, Entrance, Fields, Id, Record, Violation, Violations};

use super::super::change::WriteContext;
use super::{Source, Subject, only_part};
use crate::error::Error;
use crate::runtime::Runtime;

/// New records of one call: what is known of others with their keys, and those of the call that may be stored.
#[derive(Default)]
pub(in crate::records) struct Met {
    /// Of each rule that asks one thing: the keys that were asked, and who has them.
    asked: Vec<HashMap<i64, Vec<Id>>>,
    /// Of each rule: the rows of the call that it is about.
    rows: Vec<Rows>,
}

/// Rows of one call as one rule sees them.
#[derive(Default)]
struct Rows {
    /// Of each part their forms.
    forms: Vec<Vec<Forms>>,
    /// The keys of the first part, and the places of the rows that have them.
    places: HashMap<i64, Vec<usize>>,
}

impl Met {
    /// Asks once for all inputs what can be asked before they are judged.
    pub async fn ask(tx: &mut Tx, entity: &EntityPlan, inputs: &[&Fields]) -> Result<Self, Error> {
        let mut met = Self::default();
        let none = Fields::new();
        for rule in &entity.duplicates {
            let mut known = HashMap::new();
            if let Some(part) = only_part(rule) {
                let of = |input: &&Fields| matching::keys(&matching::forms(part, input, &none));
                let keys: BTreeSet<i64> = inputs.iter().flat_map(of).collect();
                if rule.def.then != RuleLevel::Warn {
                    tx.hold_keys(&entity.key, part, &keys).await?;
                }
                for (key, id) in tx.sharing(&entity.key, part, &keys).await? {
                    known.entry(key).or_insert_with(Vec::new).push(id);
                }
                for key in keys {
                    known.entry(key).or_default();
                }
            }
            met.asked.push(known);
        }
        met.forget_rows();
        Ok(met)
    }

    /// Judges the rows of the call anew.
    pub fn forget_rows(&mut self) {
        self.rows = self.asked.iter().map(|_| Rows::default()).collect();
    }

    /// The record may be stored; later ones of the call meet it.
    pub fn add(&mut self, entity: &EntityPlan, record: &Record, c: &Circumstances) {
        for (rule, rows) in entity.duplicates.iter().zip(&mut self.rows) {
            let Some(subject) = Subject::of(rule, record, c) else { continue };
            for key in subject.forms.first().map(matching::keys).unwrap_or_default() {
                rows.places.entry(key).or_default().push(rows.forms.len());
            }
            rows.forms.push(subject.forms);
        }
    }

    /// Whether an earlier row of the call is the same.
    fn earlier(&self, (at, rule): (usize, &DuplicatePlan), subject: &Subject<'_>) -> bool {
        let Some(rows) = self.rows.get(at) else { return false };
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for key in subject.forms.first().map(matching::keys).unwrap_or_default() {
            for place in rows.places.get(&key).into_iter().flatten() {
                *shared.entry(*place).or_default() += 1;
            }
        }
        let enough = subject.shared();
        let mut near = shared.into_iter().filter(|(_, count)| *count >= enough);
        near.any(|(place, _)| subject.score(&Subject::known(rule, rows.forms[place].clone())).is_some())
    }

    /// Who has one of the record's keys, and whether these are all: not where a key was not asked, or has more.
    fn known(&self, at: usize, subject: &Subject<'_>) -> (Vec<Id>, bool) {
        let asked = self.asked.get(at).filter(|asked| !asked.is_empty());
        let (Some(asked), Some(forms)) = (asked, subject.forms.first()) else { return (Vec::new(), false) };
        let (mut found, mut are_all) = (BTreeSet::new(), true);
        for key in matching::keys(forms) {
            let ids = asked.get(&key);
            are_all &= ids.is_some_and(|ids| ids.len() < OF_EACH as usize);
            found.extend(ids.into_iter().flatten().copied());
        }
        (found.into_iter().collect(), are_all)
    }
}

impl Runtime {
    /// What the rules say of a new record: warnings. Another row of the same call counts as another record.
    ///
    /// # Errors
    /// The rules that refuse or want to be confirmed, together.
    pub(in crate::records) async fn meet_new(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, record): (&EntityPlan, &Record),
        met: &Met,
    ) -> Result<Violations, Error> {
        let c = context.circumstances(RuleOperation::Create);
        let mut found = Vec::new();
        for (at, rule) in entity.duplicates.iter().enumerate() {
            let Some(subject) = Subject::of(rule, record, &c) else { continue };
            let (mut ids, are_all) = met.known(at, &subject);
            ids.retain(|id| *id != record.id);
            let mut same = met.earlier((at, rule), &subject);
            if !same && !ids.is_empty() {
                let records = Source::Tx(tx).records(&entity.key, &ids).await?;
                same = !subject.same(records, &c).is_empty();
            }
            if !same && !are_all {
                same = is_another(tx, (entity, rule), (&subject, record.id), &c).await?;
            }
            if same {
                found.push(rule);
            }
        }
        told(&found, &c)
    }

    /// The same of a record that changes; a rule that reads none of the changed fields says nothing.
    ///
    /// # Errors
    /// As [`Runtime::meet_new`].
    pub(in crate::records) async fn meet_changed(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, record): (&EntityPlan, &Record),
        changed: &[String],
    ) -> Result<Violations, Error> {
        let mut found = Vec::new();
        let c = context.circumstances(RuleOperation::Update);
        let touched = |rule: &&DuplicatePlan| changed.iter().any(|field| rule.reads.contains(field));
        for rule in entity.duplicates.iter().filter(touched) {
            let Some(subject) = Subject::of(rule, record, &c) else { continue };
            if is_another(tx, (entity, rule), (&subject, record.id), &c).await? {
                found.push(rule);
            }
        }
        told(&found, &c)
    }
}

/// Whether the store has another record that is the same.
async fn is_another(
    tx: &mut Tx,
    (entity, rule): (&EntityPlan, &DuplicatePlan),
    (subject, id): (&Subject<'_>, Id),
    c: &Circumstances,
) -> Result<bool, Error> {
    if rule.def.then != RuleLevel::Warn {
        for (part, forms) in rule.parts.iter().zip(&subject.forms) {
            if part.matching.by != Comparison::Similar {
                tx.hold_keys(&entity.key, &part.matching, &matching::keys(forms)).await?;
            }
        }
    }
    let others = subject.others(&mut Source::Tx(tx), (entity, Some(id)), c).await?;
    Ok(!others.is_empty())
}

/// What the rules that found another record answer, as rules of their level do.
fn told(found: &[&DuplicatePlan], c: &Circumstances) -> Result<Violations, Error> {
    let (mut refused, mut warnings) = (Violations::default(), Violations::default());
    for rule in found {
        match rule.def.then {
            RuleLevel::Refuse => refused.push(violation(rule, "record.duplicate")),
            RuleLevel::Warn => warnings.push(violation(rule, "record.duplicate")),
            RuleLevel::Confirm if is_confirmed(rule, c) => {}
            RuleLevel::Confirm => refused.push(violation(rule, "rule.confirm")),
        }
    }
    refused.into_result()?;
    Ok(warnings)
}

/// Named by the request; the engine itself confirms everything, and its history says what it did.
fn is_confirmed(rule: &DuplicatePlan, c: &Circumstances) -> bool {
    c.caller.kind == CallerKind::System
        || matches!(c.entrance, Entrance::Workflow | Entrance::Template)
        || c.confirmed.contains(&rule.rule())
}

fn violation(rule: &DuplicatePlan, code: &str) -> Violation {
    let field = rule.parts.first().map(|part| kind::pointer("", &part.matching.column.field));
    let said = Violation::new(code, field.unwrap_or_default()).with("title", rule.def.title.clone());
    Violation { rule: Some(rule.rule()), ..said }
}
