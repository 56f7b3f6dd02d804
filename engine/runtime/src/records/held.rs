//! Files that records name: each is found, and told like one that is not there where the caller may not read it; the
//! fields that hold one are remembered for whoever wants to read it.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_plan::kind::{self, holds_files, names_files};
use kezhi_store::{FileState, FileUse, StoredFile, Tx};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Fields, Id, Record, Violation, Violations};
use serde_json::{Value, json};

use super::change::{Rights, WriteContext};
use super::eyes::Seen;
use crate::error::Error;
use crate::runtime::Runtime;

/// How many places of a file are asked for one that the caller may read, at a time and in all.
pub(crate) const PLACES: u32 = 200;
pub(crate) const PAGES: usize = 50;

/// Files that a change may put into its record.
pub(super) type Named = BTreeSet<Id>;

impl Runtime {
    /// Puts what is known of every file that is named in the place of what was sent of it, and answers those files; those
    /// that the caller may not name are refused like files that do not exist.
    pub(super) async fn find_files(
        tx: &mut Tx,
        context: &WriteContext,
        (entity, before): (&EntityPlan, Option<&Record>),
        (fields, refused): (&mut Fields, &mut Violations),
    ) -> Result<Named, Error> {
        let holders: Vec<&FieldPlan> = entity
            .fields
            .values()
            .filter(|field| holds_files(field) && fields.contains_key(&field.key))
            .collect();
        let named: BTreeSet<Id> =
            holders.iter().flat_map(|field| ids_in(field, fields.get(&field.key))).collect();
        let mut may = Named::new();
        if named.is_empty() {
            return Ok(may);
        }
        let named: Vec<Id> = named.into_iter().collect();
        let found: BTreeMap<Id, StoredFile> =
            tx.files_by_ids(&named).await?.into_iter().map(|file| (file.id, file)).collect();
        for field in holders {
            let stood = ids_in(field, before.and_then(|record| record.data.get(&field.key)));
            for id in ids_in(field, fields.get(&field.key)) {
                let Some(file) = found.get(&id).filter(|_| !may.contains(&id)) else { continue };
                if stood.contains(&id) || Self::may_name_file(tx, context, file).await? {
                    may.insert(id);
                }
            }
            let Some(value) = fields.get_mut(&field.key) else { continue };
            each_file(field, value, &mut |column, at, value| {
                let unknown = ids_of(column, value).into_iter().any(|id| !may.contains(&id));
                if unknown {
                    refused.push(
                        Violation::new("record.unknown_reference", at).with("field", column.title.clone()),
                    );
                } else if let (true, Some(known)) =
                    (names_files(column.kind), id_of(value).and_then(|id| found.get(&id)))
                {
                    *value = json!({ "id": known.id, "name": known.name, "type": known.media, "size": known.size });
                }
            });
        }
        Ok(may)
    }

    /// Whether the caller may put a file into a record: their own that waits, or one that they may read elsewhere.
    async fn may_name_file(tx: &mut Tx, context: &WriteContext, file: &StoredFile) -> Result<bool, Error> {
        match file.state {
            FileState::Pending => return Ok(file.by == context.caller.id),
            FileState::Coming | FileState::Going => return Ok(false),
            FileState::Attached if context.rights == Rights::Full => return Ok(true),
            FileState::Attached => {}
        }
        let circumstances = context.circumstances(RuleOperation::Update);
        let mut after: Option<FileUse> = None;
        for _ in 0..PAGES {
            let places = tx.file_uses(file.id, after.as_ref(), PLACES).await?;
            for (key, ids) in records_of(&places) {
                let Some(entity) = context.plan.entity(key) else { continue };
                let mut records = tx.get_records(key, &ids).await?;
                records.retain(|record| record.deleted_at.is_none());
                let seen = Self::seen_all_in(tx, (&context.plan, entity), &records, &circumstances).await?;
                if any_readable((entity, file.id), &places, (&records, &seen)) {
                    return Ok(true);
                }
            }
            if places.len() < PLACES as usize {
                break;
            }
            after = places.into_iter().next_back();
        }
        Ok(false)
    }

    /// Remembers which fields of a record hold files that they did not hold before.
    ///
    /// # Errors
    /// A conflict, to be repeated, when a file was given up in between.
    pub(super) async fn hold_files(
        tx: &mut Tx,
        (entity, named): (&EntityPlan, &Named),
        (before, record): (Option<&Record>, &Record),
    ) -> Result<(), Error> {
        if named.is_empty() {
            return Ok(());
        }
        for field in entity.fields.values().filter(|field| holds_files(field)) {
            let stood = ids_in(field, before.and_then(|record| record.data.get(&field.key)));
            let mut new = ids_in(field, record.data.get(&field.key));
            new.retain(|id| named.contains(id) && !stood.contains(id));
            let place = FileUse { entity: entity.key.clone(), record: record.id, field: field.key.clone() };
            if !new.is_empty() && !tx.hold_files(&place, &new).await? {
                return Err(kezhi_store::Error::Conflict.into());
            }
        }
        Ok(())
    }
}

/// The records of some places, by entity, each once.
pub(crate) fn records_of(places: &[FileUse]) -> BTreeMap<&str, Vec<Id>> {
    let mut records: BTreeMap<&str, Vec<Id>> = BTreeMap::new();
    for place in places {
        let ids = records.entry(&place.entity).or_default();
        if ids.last() != Some(&place.record) {
            ids.push(place.record);
        }
    }
    records
}

/// Whether one of the records, as it is seen, shows the field of its place, or another field that names the file now, as
/// after a release has renamed one.
pub(crate) fn any_readable(
    (entity, file): (&EntityPlan, Id),
    places: &[FileUse],
    (records, seen): (&[Record], &[Seen]),
) -> bool {
    records.iter().zip(seen).any(|(record, seen)| {
        let Some(rights) = seen else { return false };
        let mut own =
            places.iter().filter(|place| place.record == record.id && place.entity == record.entity);
        let names = |field: &FieldPlan| {
            rights.may_read(&field.key)
                && files_of(field, record.data.get(&field.key), names_files).contains(&file)
        };
        own.any(|place| rights.may_read(&place.field))
            || entity.fields.values().filter(|field| holds_files(field)).any(names)
    })
}

fn id_of(file: &Value) -> Option<Id> {
    file.get("id")?.as_str()?.parse().ok()
}

/// The files that a single value names: one, or those that a rich text shows.
fn ids_of(field: &FieldPlan, value: &Value) -> Vec<Id> {
    match value {
        Value::String(text) if field.kind == FieldKind::RichText => kind::shown(text),
        file => id_of(file).into_iter().collect(),
    }
}

fn ids_in(field: &FieldPlan, value: Option<&Value>) -> Vec<Id> {
    files_of(field, value, |_| true)
}

/// The files that a value of a field names in the kinds that count.
pub(crate) fn files_of(
    field: &FieldPlan,
    value: Option<&Value>,
    counts: impl Fn(FieldKind) -> bool,
) -> Vec<Id> {
    let mut ids = Vec::new();
    if let Some(value) = value {
        each_file(field, &mut value.clone(), &mut |column, _, value| {
            if counts(column.kind) {
                ids.extend(ids_of(column, value));
            }
        });
    }
    ids
}

/// Calls with the field or column, the pointer and the value of every file or rich text in a field.
pub(crate) fn each_file(
    field: &FieldPlan,
    value: &mut Value,
    with: &mut impl FnMut(&FieldPlan, String, &mut Value),
) {
    let at = kind::pointer("", &field.key);
    if field.kind != FieldKind::Table {
        return each_in(field, (&at, value), with);
    }
    for (index, row) in value.as_array_mut().into_iter().flatten().enumerate() {
        for (key, column) in field.columns.iter().filter(|(_, column)| holds_files(column)) {
            let at = kind::pointer(&format!("{at}/{index}"), key);
            if let Some(value) = row.get_mut(key) {
                each_in(column, (&at, value), with);
            }
        }
    }
}

fn each_in(
    field: &FieldPlan,
    (at, value): (&str, &mut Value),
    with: &mut impl FnMut(&FieldPlan, String, &mut Value),
) {
    if matches!(field.kind, FieldKind::Signature | FieldKind::RichText) {
        return with(field, at.to_owned(), value);
    }
    for (index, file) in value.as_array_mut().into_iter().flatten().enumerate() {
        with(field, format!("{at}/{index}"), file);
    }
}
