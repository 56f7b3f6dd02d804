//! Secret fields: sealed when they are written, opened for whoever may read them and says why.

use kezhi_plan::app::EntityPlan;
use kezhi_plan::kind;
use kezhi_store::{Reveal, Tx};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::sealed::is_sealed;
use kezhi_types::{Caller, Fields, Id, Record, Violation, Violations};
use serde_json::{Value, json};

use super::read::entity_known;
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;
use crate::secrets::{Key, USED};

/// The longest reason, in characters.
const REASON: usize = 200;

impl Runtime {
    /// Seals the secrets of a record that is about to be stored; nothing below this line sees them plain.
    ///
    /// # Errors
    /// `secret.key` when the key that was used before is not there.
    pub(super) async fn seal(
        &self,
        tx: &mut Tx,
        entity: &EntityPlan,
        record: &mut Record,
    ) -> Result<(), Error> {
        let secrets = entity.fields.values().filter(|field| field.kind == FieldKind::Secret);
        let plain: Vec<&str> = secrets
            .map(|field| field.key.as_str())
            .filter(|key| {
                let value = record.data.get(*key);
                !kind::is_empty(value) && !value.is_some_and(is_sealed)
            })
            .collect();
        if plain.is_empty() {
            return Ok(());
        }
        let key = self.sealing_key(tx).await?;
        for field in plain {
            let text = match record.data.get(field) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => continue,
            };
            record.data.insert(field.to_owned(), Value::String(key.seal(record.id, &text)?));
        }
        Ok(())
    }

    /// The key that seals at this moment; the database remembers it from now on.
    ///
    /// # Errors
    /// `secret.key` when the key that was used before is not there.
    pub(crate) async fn sealing_key(&self, tx: &mut Tx) -> Result<Key, Error> {
        let used = tx.setting(USED).await?;
        let used = used.as_ref().and_then(Value::as_str);
        let key = self.0.secrets.sealing(used)?;
        if used != Some(key.name()) {
            tx.save_setting(USED, &json!(key.name())).await?;
        }
        Ok(key)
    }

    /// Fields of a record with what is sealed among them opened, to be written again.
    ///
    /// # Errors
    /// `record.cannot_undo` where a field was of kind secret and is not any more: it would be shown to whoever may read
    /// it; else as [`Runtime::reveal`].
    pub(crate) fn unsealed(
        &self,
        entity: &EntityPlan,
        record: Id,
        mut fields: Fields,
    ) -> Result<Fields, Error> {
        for (key, value) in fields.iter_mut().filter(|(_, value)| is_sealed(value)) {
            if entity.fields.get(key).is_none_or(|field| field.kind != FieldKind::Secret) {
                let detail = format!("the field {key} was a secret and is none any more");
                return Err(Error::Conflict { code: "record.cannot_undo", detail, data: Value::Null });
            }
            *value = self.opened(record, value)?;
        }
        Ok(fields)
    }

    fn opened(&self, record: Id, value: &Value) -> Result<Value, Error> {
        match value.as_str() {
            Some(text) if is_sealed(value) => Ok(Value::String(self.0.secrets.open(record, text)?)),
            _ => Ok(value.clone()),
        }
    }

    /// The value of one field as it is, for whoever may read it and says why. That they were shown it is stored before
    /// they are.
    ///
    /// # Errors
    /// Not found; `record.unknown_field`; denied where the field is only seen masked; a reason that is missing or too long;
    /// `secret.key`, `secret.damaged`.
    pub async fn reveal(
        &self,
        caller: &Caller,
        (key, id): (&str, Id),
        (field, reason): (&str, &str),
    ) -> Result<Value, Error> {
        let plan = self.plan()?;
        let entity = entity_known(&plan, caller, key)?;
        let (record, rights) = self.readable_with(&plan, caller, key, id).await?;
        if !entity.fields.contains_key(field) || rights.of(field) == FieldRight::Hidden {
            let unknown = Violation::new("record.unknown_field", "/field").with("field", field);
            return Err(Violations::from(unknown).into());
        }
        if !rights.may_read(field) {
            return Err(Error::denied("reveal", format!("{key}.{field}")));
        }
        let reason = reason.trim();
        if !(1..=REASON).contains(&reason.chars().count()) {
            return Err(
                Violations::from(Violation::new("reveal.reason", "/reason").with("max", REASON)).into()
            );
        }
        if reason.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err(
                Violations::from(Violation::new("record.text", "/reason").with("field", "reason")).into()
            );
        }
        let value = self.opened(id, record.value(field).unwrap_or(&Value::Null))?;
        let now = self.0.clock.now();
        let reveal = Reveal {
            id: Id::new(now),
            entity: key.to_owned(),
            record: id,
            field: field.to_owned(),
            at: now,
            by: caller.id,
            by_name: caller.name.clone(),
            reason: reason.to_owned(),
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_reveal(&reveal).await?;
        let told = Note::new("record", "revealed", caller, now).entity(key).record(id).detail("field", field);
        note(&mut tx, told.personal("reason", reason)).await?;
        tx.commit().await?;
        Ok(value)
    }

    /// Who was shown what of a record, for its timeline: of the fields that the caller may know of.
    pub(super) async fn reveal_items(
        &self,
        (key, id): (&str, Id),
        knows: impl Fn(&str) -> bool,
    ) -> Result<Vec<Value>, Error> {
        let reveals = self.0.store.reader().reveals(key, id).await?;
        let item = |reveal: &Reveal| {
            let by = json!({ "id": reveal.by, "name": reveal.by_name });
            json!({ "id": reveal.id, "at": reveal.at, "kind": "reveal", "by": by, "field": reveal.field, "reason": reveal.reason })
        };
        Ok(reveals.iter().filter(|reveal| knows(&reveal.field)).map(item).collect())
    }
}
