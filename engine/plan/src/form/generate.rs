//! Forms and views for entities for which nobody has drawn one.

use indexmap::IndexMap;
use kezhi_types::def::entity::{EntityDef, FieldDef, FieldKind};
use kezhi_types::def::screen::{FormDef, LayoutElement, LayoutKind, ViewColumn, ViewDef, ViewKind};
use serde_json::json;

/// Columns of a generated view.
const COLUMNS: usize = 8;

/// The form of an entity for which none is authored: the fields that people fill in, in their order; below them
/// what the engine fills.
pub fn generated_form(key: &str, def: &EntityDef) -> FormDef {
    let (filled, authored): (Vec<_>, Vec<_>) =
        def.properties.iter().partition(|(_, field)| is_filled_by_engine(field));
    let mut elements: Vec<LayoutElement> =
        authored.into_iter().map(|(key, field)| control(key, field)).collect();
    if !filled.is_empty() {
        elements.push(LayoutElement {
            elements: filled.into_iter().map(|(key, field)| control(key, field)).collect(),
            ..element(LayoutKind::Group)
        });
    }
    FormDef {
        schema: None,
        title: def.title.clone(),
        entity: key.to_owned(),
        layout: LayoutElement { elements, ..element(LayoutKind::VerticalLayout) },
        fields: IndexMap::new(),
        notes: None,
    }
}

/// The view of an entity for which none is authored: a table of its title and first fields, newest first.
pub fn generated_view(key: &str, def: &EntityDef) -> ViewDef {
    let shown = |(_, field): &(&String, &FieldDef)| {
        !matches!(
            field.kind,
            FieldKind::Table
                | FieldKind::LongText
                | FieldKind::RichText
                | FieldKind::Address
                | FieldKind::Location
                | FieldKind::Json
                | FieldKind::Secret
                | FieldKind::Attachment
                | FieldKind::Signature
        )
    };
    let title = def.title_field.as_ref().filter(|title| def.properties.contains_key(*title));
    let others = def.properties.iter().filter(shown).map(|(key, _)| key).filter(|key| Some(*key) != title);
    let columns = title.into_iter().chain(others).take(COLUMNS);
    ViewDef {
        schema: None,
        title: def.title.clone(),
        entity: key.to_owned(),
        kind: ViewKind::Table,
        condition: None,
        sort: vec!["-created_at".to_owned()],
        columns: columns.map(|field| ViewColumn { field: field.clone(), width: None }).collect(),
        group: None,
        start: None,
        end: None,
        image: None,
        notes: None,
    }
}

fn is_filled_by_engine(field: &FieldDef) -> bool {
    matches!(
        field.kind,
        FieldKind::Computed | FieldKind::Rollup | FieldKind::Lookup | FieldKind::Grade | FieldKind::Serial
    )
}

fn control(key: &str, field: &FieldDef) -> LayoutElement {
    let wide = matches!(
        field.kind,
        FieldKind::LongText
            | FieldKind::RichText
            | FieldKind::Table
            | FieldKind::Address
            | FieldKind::Json
            | FieldKind::Attachment
            | FieldKind::Image
            | FieldKind::Signature
    );
    LayoutElement {
        scope: Some(format!("#/properties/{key}")),
        options: wide.then(|| IndexMap::from([("span".to_owned(), json!(24))])),
        ..element(LayoutKind::Control)
    }
}

fn element(kind: LayoutKind) -> LayoutElement {
    LayoutElement { kind, label: None, text: None, scope: None, options: None, elements: Vec::new() }
}
