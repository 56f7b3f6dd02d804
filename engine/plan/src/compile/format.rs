//! One text for one definition: two spaces, keys in the order of the meta-schema, one final newline.

use kezhi_types::def::files::Kind;
use kezhi_types::def::{calendar, entity, grade, manifest, role, rule, screen, share, workflow};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The deterministic text of a definition. Formatting it again changes nothing.
///
/// # Errors
/// One sentence, when the text is not a definition of this kind.
pub fn format(kind: Kind, text: &str) -> Result<String, String> {
    match kind {
        Kind::Manifest => pretty::<manifest::ManifestDef>(text),
        Kind::Entity => pretty::<entity::EntityDef>(text),
        Kind::Form => pretty::<screen::FormDef>(text),
        Kind::View => pretty::<screen::ViewDef>(text),
        Kind::Rule => pretty::<rule::RuleDef>(text),
        Kind::Grade => pretty::<grade::GradeDef>(text),
        Kind::Workflow => pretty::<workflow::WorkflowDef>(text),
        Kind::Message => pretty::<screen::MessageDef>(text),
        Kind::Role => pretty::<role::RoleDef>(text),
        Kind::Menu => pretty::<screen::MenuDef>(text),
        Kind::Calendar => pretty::<calendar::CalendarDef>(text),
        Kind::Share => pretty::<share::ShareDef>(text),
    }
}

fn pretty<T: DeserializeOwned + Serialize>(text: &str) -> Result<String, String> {
    let def: T = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let text = serde_json::to_string_pretty(&def).map_err(|error| error.to_string())?;
    Ok(format!("{text}\n"))
}
