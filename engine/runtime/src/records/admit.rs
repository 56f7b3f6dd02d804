//! What of an input may be judged at all: system keys split off, fields without a right set aside and told with the rest.

use std::sync::Arc;

use kezhi_plan::access::{self, Action, FieldRights};
use kezhi_plan::app::EntityPlan;
use kezhi_plan::facts::Judged;
use kezhi_plan::record;
use kezhi_store::Tx;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::{Entrance, Fields, Id, Record, Violation, Violations};

use super::change::{Rights, WriteContext};
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// What of an input may be judged at all: system keys split off, fields without a right set aside.
    pub(super) async fn admitted(
        tx: &mut Tx,
        context: &WriteContext,
        entity: &EntityPlan,
        (before, mut fields): (Option<&Record>, Fields),
    ) -> Result<Admitted, Error> {
        let mut refused = Violations::default();
        let given = given(context, entity, (before, &mut fields));
        if let Err(system) = record::system_keys(fields.clone(), before) {
            set_aside(&mut fields, &system);
            refused.0.extend(system.0);
        }
        let (mut fields, owner) = record::system_keys(fields, before)?;
        let owner = given.or(owner);
        if owner.is_some() && !entity.owner {
            refused.push(Violation::new("record.unknown_field", "/owner").with("field", "owner"));
        }
        let rights = match &context.rights {
            Rights::Full => {
                let notes = access::left_covered(entity, before, &mut fields);
                return Ok(Admitted { fields, owner, notes, refused });
            }
            Rights::Task(rights) => Arc::new(FieldRights::of_task(entity, rights)),
            Rights::Caller => match before {
                // A record that is not there yet lies among nobody's rows; what may be created is judged as a whole.
                None => Arc::new(access::field_rights(&context.plan, entity, &context.caller)),
                Some(record) => {
                    let circumstances = context.circumstances(RuleOperation::Update);
                    let seen = Self::seen_in(tx, (&context.plan, entity), record, &circumstances).await?;
                    seen.ok_or_else(|| Error::no_record(record.id))?
                }
            },
        };
        let gives_away = owner.is_some_and(|owner| owner != context.caller.id);
        if gives_away && !access::may_transfer(&context.plan, entity, &context.caller) {
            return Err(Error::denied(Action::Transfer.as_str(), &entity.key));
        }
        let closed = access::check_input(entity, &rights, before, &fields);
        set_aside(&mut fields, &closed);
        refused.0.extend(closed.0);
        let (fields, notes) = access::writable(entity, &rights, before, fields)?;
        Ok(Admitted { fields, owner, notes, refused })
    }
}

/// To whom a merge gives the record that stays, or its undo, or a hand-over; anybody else names an owner only where a record
/// is new.
fn given(
    context: &WriteContext,
    entity: &EntityPlan,
    (before, fields): (Option<&Record>, &mut Fields),
) -> Option<Id> {
    let gives = matches!(context.entrance, Entrance::Merge | Entrance::Handover);
    if !gives || before.is_none() || !entity.owner {
        return None;
    }
    let owner = fields.get("owner")?.as_str()?.parse().ok()?;
    fields.shift_remove("owner");
    Some(owner)
}

/// An input taken apart.
pub(super) struct Admitted {
    /// What may be judged.
    pub fields: Fields,
    /// The owner that was asked for.
    pub owner: Option<Id>,
    /// What the caller should know all the same.
    pub notes: Violations,
    /// What the caller may not write; told together with what else is wrong.
    pub refused: Violations,
}

fn set_aside(fields: &mut Fields, refused: &Violations) {
    fields.retain(|key, _| !refused.0.iter().any(|found| found.pointer.strip_prefix('/') == Some(key)));
}

/// One answer from what may not be written and what is wrong with the rest. Rules are heard when nothing else is wrong.
pub(super) fn together(mut refused: Violations, judged: Result<Judged, Error>) -> Result<Judged, Error> {
    if refused.is_empty() {
        return judged;
    }
    match judged {
        Ok(_) => {}
        Err(Error::Invalid(found)) => {
            let known: Vec<String> = refused.0.iter().map(|one| one.pointer.clone()).collect();
            let new = |one: &Violation| one.rule.is_none() && !known.contains(&one.pointer);
            refused.0.extend(found.0.into_iter().filter(new));
        }
        Err(other) => return Err(other),
    }
    Err(refused.into())
}
