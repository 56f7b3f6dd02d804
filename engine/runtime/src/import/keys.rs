//! Which record a line means, by the key that the import is given; and what stands for the unique values of a line
//! while rows of one file are compared with each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::kind;
use kezhi_store::Tx;
use kezhi_types::{Caller, Fields, Id, Violation, Violations};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::columns::ID;
use super::lines::Line;
use super::{Mode, Spec};
use crate::error::Error;
use crate::facts::column_of;
use crate::runtime::Runtime;

/// An import under the plan and with the rights of this moment.
pub(super) struct Importing<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) job: Id,
    pub(super) spec: &'a Spec,
    pub(super) caller: Caller,
    pub(super) plan: Arc<AppPlan>,
    pub(super) entity: Arc<EntityPlan>,
}

/// Which record a line means.
pub(super) enum Meaning {
    New,
    Stored(Id),
    Nothing(Violations),
}

/// Which record each line means, by its key. Keys with the first row that has them are added to `noted`.
pub(super) async fn meanings(
    tx: &mut Tx,
    importing: &Importing<'_>,
    lines: &[Line],
    noted: &mut Vec<(String, i64)>,
) -> Result<Vec<Meaning>, Error> {
    let mode = importing.spec.options.mode();
    if mode == Mode::Create {
        return Ok(lines.iter().map(|_| Meaning::New).collect());
    }
    let keyed: Vec<Option<(&str, Value)>> = lines.iter().map(|line| key_of(importing, line)).collect();
    let hashes: Vec<Option<String>> =
        keyed.iter().map(|key| key.as_ref().map(|(key, value)| hash(key, value))).collect();
    let known: Vec<String> = hashes.iter().flatten().cloned().collect();
    let mut first = tx.job_keys(importing.job, &known).await?;
    let found = stored(tx, importing, &keyed).await?;
    let mut meanings = Vec::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        let (Some((key, _)), Some(hash)) = (&keyed[place], &hashes[place]) else {
            meanings.push(match mode {
                Mode::Update => Meaning::Nothing(Violation::new("import.key_empty", "").into()),
                _ => Meaning::New,
            });
            continue;
        };
        let row = line.row.cast_signed();
        let earlier = *first.entry(hash.clone()).or_insert(row);
        if earlier != row {
            let pointer = kind::pointer("", key);
            let repeated = Violation::new("import.key_repeated", pointer).with("row", earlier);
            meanings.push(Meaning::Nothing(repeated.into()));
            continue;
        }
        noted.push((hash.clone(), row));
        meanings.push(match found[place] {
            Some(id) => Meaning::Stored(id),
            None if mode == Mode::Upsert && *key != ID => Meaning::New,
            None => Meaning::Nothing(no_match(importing, line)),
        });
    }
    Ok(meanings)
}

/// There is no record that the line means, or the caller may not see it.
pub(super) fn no_match(importing: &Importing<'_>, line: &Line) -> Violations {
    let pointer = key_of(importing, line).map(|(key, _)| kind::pointer("", key)).unwrap_or_default();
    Violation::new("import.no_match", pointer).into()
}

/// The first key that has a value in the line, and the value as it is compared.
fn key_of<'i>(importing: &'i Importing<'_>, line: &Line) -> Option<(&'i str, Value)> {
    importing.spec.options.key.iter().find_map(|key| {
        let value = match importing.entity.fields.get(key) {
            Some(field) => kind::unique_key(field, line.fields.get(key)?),
            None => Value::String(line.id.clone()?),
        };
        (!kind::is_empty(Some(&value))).then_some((key.as_str(), value))
    })
}

/// The living record that each key names.
async fn stored(
    tx: &mut Tx,
    importing: &Importing<'_>,
    keyed: &[Option<(&str, Value)>],
) -> Result<Vec<Option<Id>>, Error> {
    let mut found = vec![None; keyed.len()];
    for key in &importing.spec.options.key {
        let here = |(place, keyed): (usize, &'_ Option<(&str, Value)>)| match keyed {
            Some((of, value)) if of == key => Some((place, value.clone())),
            _ => None,
        };
        let (places, values): (Vec<usize>, Vec<Value>) = keyed.iter().enumerate().filter_map(here).unzip();
        let ids = match column_of(&importing.entity, key) {
            Some(column) => {
                let values: Vec<&Value> = values.iter().collect();
                tx.taken_many(&importing.entity.key, &column, &values).await?
            }
            None => {
                let ids: Vec<Option<Id>> =
                    values.iter().map(|value| value.as_str().and_then(|text| text.parse().ok())).collect();
                let asked: Vec<Id> = ids.iter().flatten().copied().collect();
                let records = tx.get_records(&importing.entity.key, &asked).await?;
                let living: BTreeSet<Id> = records
                    .iter()
                    .filter(|record| record.deleted_at.is_none())
                    .map(|record| record.id)
                    .collect();
                ids.into_iter().map(|id| id.filter(|id| living.contains(id))).collect()
            }
        };
        for (place, id) in places.into_iter().zip(ids) {
            found[place] = id;
        }
    }
    Ok(found)
}

/// Unique fields of a line to what stands for their values.
pub(super) fn unique_values(importing: &Importing<'_>, fields: &Fields) -> Vec<(String, String)> {
    let unique = importing.entity.fields.values().filter(|field| field.def.unique);
    unique
        .filter_map(|field| {
            let value = kind::unique_key(field, fields.get(&field.key)?);
            let key = format!("unique {}", field.key);
            (!kind::is_empty(Some(&value))).then(|| (field.key.clone(), hash(&key, &value)))
        })
        .collect()
}

fn hash(key: &str, value: &Value) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(format!("{key}\n{value}").as_bytes());
    digest[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
