//! Which keywords a kind of field takes, and the JSON type and format of its values.

use kezhi_types::def::entity::FieldKind;

use FieldKind as K;

/// Keywords that every kind takes.
const ALWAYS: &[&str] = &[
    "title",
    "x-kind",
    "type",
    "format",
    "description",
    "x-show",
    "x-index",
    "x-sensitivity",
    "renamed_from",
    "notes",
];

/// Keywords of fields that people fill in.
const AUTHORED: &[&str] = &["default", "x-from", "x-on-hide", "x-require", "x-readonly"];

/// Of those, what secrets and files do not take: they never stand in a definition, and no index holds them.
const NEITHER: &[&str] = &["default", "x-index"];

/// Whether a field of this kind takes the keyword.
pub fn takes(kind: FieldKind, keyword: &str) -> bool {
    if has_no_default(kind) && NEITHER.contains(&keyword) {
        return false;
    }
    (ALWAYS.contains(&keyword) && !(kind == K::Lookup && keyword == "x-index"))
        || (is_authored(kind) && AUTHORED.contains(&keyword))
        || own(kind).contains(&keyword)
}

fn has_no_default(kind: FieldKind) -> bool {
    matches!(kind, K::Secret | K::Attachment | K::Image | K::Signature)
}

/// The kinds that take the keyword, for help.
pub fn takers(keyword: &str) -> Vec<&'static str> {
    ALL.iter().filter(|(kind, _)| takes(*kind, keyword)).map(|(_, name)| *name).collect()
}

/// The name of a kind as authored.
pub fn name(kind: FieldKind) -> &'static str {
    ALL.iter().find(|(known, _)| *known == kind).map_or("unknown", |(_, name)| name)
}

/// Whether people or interfaces give the value, rather than the engine.
pub fn is_authored(kind: FieldKind) -> bool {
    !matches!(kind, K::Computed | K::Rollup | K::Lookup | K::Grade | K::Serial)
}

/// The JSON type, and the format where there is one, of values of a kind.
pub fn json_type(value_kind: FieldKind) -> (&'static str, Option<&'static str>) {
    match value_kind {
        K::Integer | K::Rating => ("integer", None),
        K::Boolean => ("boolean", None),
        K::Choices | K::Tags | K::Cascade | K::People | K::Departments | K::Relations | K::Table => {
            ("array", None)
        }
        K::Attachment | K::Image => ("array", None),
        K::Grade | K::Address | K::Location | K::Signature => ("object", None),
        K::RichText => ("string", Some("html")),
        K::Time | K::Duration => ("string", None),
        K::Color => ("string", Some("color")),
        K::IdCard => ("string", Some("id-card")),
        K::CompanyCode => ("string", Some("company-code")),
        K::Money | K::Decimal | K::Percent => ("string", Some("decimal")),
        K::Date => ("string", Some("date")),
        K::Datetime => ("string", Some("date-time")),
        K::LunarDate => ("string", Some("lunar-date")),
        K::Email => ("string", Some("email")),
        K::Url => ("string", Some("uri")),
        K::Phone => ("string", Some("phone")),
        K::Person | K::Department | K::Relation => ("string", Some("uuid")),
        K::Text | K::LongText | K::Barcode | K::Secret | K::Choice | K::Serial | K::Computed | K::Rollup => {
            ("string", None)
        }
        K::Json | K::Lookup => ("", None),
    }
}

/// Whether values can be added up.
pub fn is_number(value_kind: FieldKind) -> bool {
    matches!(value_kind, K::Integer | K::Decimal | K::Money | K::Percent | K::Rating)
}

/// Whether values have an order that a rollup can ask for.
pub fn is_ordered(value_kind: FieldKind) -> bool {
    is_number(value_kind) || matches!(value_kind, K::Date | K::Datetime | K::Time | K::LunarDate)
}

fn own(kind: FieldKind) -> &'static [&'static str] {
    match kind {
        K::Text => &["minLength", "maxLength", "pattern", "x-search", "x-unique"],
        K::LongText => &["minLength", "maxLength", "pattern", "x-search"],
        K::RichText => &["minLength", "maxLength", "x-search"],
        K::Secret => &["minLength", "maxLength", "pattern"],
        K::IdCard | K::CompanyCode => &["x-search", "x-unique"],
        K::Rating => &["x-max"],
        K::Attachment | K::Image => &["minItems", "maxItems", "x-max-size", "x-types"],
        K::Signature => &["x-max-size", "x-types"],
        K::Phone | K::Email | K::Url | K::Barcode => &["maxLength", "pattern", "x-search", "x-unique"],
        K::Integer => &["minimum", "maximum", "x-unique"],
        K::Decimal | K::Percent => &["x-minimum", "x-maximum", "x-scale"],
        K::Money => &["x-minimum", "x-maximum", "x-scale", "x-currency"],
        K::Cascade => &["enum", "x-labels"],
        K::People | K::Departments => &["minItems", "maxItems"],
        K::Choice => &["enum", "x-labels", "x-options"],
        K::Choices => &["enum", "x-labels", "x-options", "minItems", "maxItems"],
        K::Tags => &["enum", "x-labels", "minItems", "maxItems", "x-search"],
        K::Date | K::Datetime | K::LunarDate => &["x-unique"],
        K::Serial => &["x-serial", "x-serial-mode", "x-search", "x-unique"],
        K::Person | K::Department => &["x-unique"],
        K::Relation => &["x-relation", "x-options", "x-unique"],
        K::Relations => &["x-relation", "x-options", "minItems", "maxItems"],
        K::Table => &["items", "minItems", "maxItems"],
        K::Computed => &["x-compute", "x-result", "x-scale", "x-currency"],
        K::Rollup => &["x-rollup", "x-scale", "x-currency"],
        K::Lookup => &["x-lookup"],
        K::Grade => &["x-grade"],
        K::Boolean | K::Address | K::Location | K::Json | K::Time | K::Duration | K::Color => &[],
    }
}

/// Every kind with its name.
pub const ALL: &[(FieldKind, &str)] = &[
    (K::Text, "text"),
    (K::LongText, "long_text"),
    (K::RichText, "rich_text"),
    (K::Integer, "integer"),
    (K::Decimal, "decimal"),
    (K::Percent, "percent"),
    (K::Money, "money"),
    (K::Rating, "rating"),
    (K::Boolean, "boolean"),
    (K::Choice, "choice"),
    (K::Choices, "choices"),
    (K::Tags, "tags"),
    (K::Cascade, "cascade"),
    (K::Date, "date"),
    (K::Datetime, "datetime"),
    (K::Time, "time"),
    (K::LunarDate, "lunar_date"),
    (K::Duration, "duration"),
    (K::Phone, "phone"),
    (K::Email, "email"),
    (K::Url, "url"),
    (K::IdCard, "id_card"),
    (K::CompanyCode, "company_code"),
    (K::Barcode, "barcode"),
    (K::Color, "color"),
    (K::Serial, "serial"),
    (K::Secret, "secret"),
    (K::Person, "person"),
    (K::People, "people"),
    (K::Department, "department"),
    (K::Departments, "departments"),
    (K::Relation, "relation"),
    (K::Relations, "relations"),
    (K::Address, "address"),
    (K::Location, "location"),
    (K::Json, "json"),
    (K::Attachment, "attachment"),
    (K::Image, "image"),
    (K::Signature, "signature"),
    (K::Table, "table"),
    (K::Computed, "computed"),
    (K::Rollup, "rollup"),
    (K::Lookup, "lookup"),
    (K::Grade, "grade"),
];
