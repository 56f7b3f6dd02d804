//! The keywords of one field that say nothing about other fields: type and format, options, limits,
//! patterns, serial numbers.

use kezhi_types::def::entity::{FieldDef, FieldKind};
use kezhi_types::record::SYSTEM_KEYS;
use rust_decimal::Decimal;
use serde_json::Value;

use super::keywords;
use crate::compile::key;
use crate::compile::source::escape;
use crate::compile::suggest::listed;
use crate::kind::Pattern;
use crate::problem::Problem;

/// What is wrong with one field by itself. `at` is its pointer, `raw` the field as it stands in the file.
pub fn check(
    name: &str,
    def: &FieldDef,
    value_kind: FieldKind,
    raw: Option<&Value>,
    at: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_key(name, at, &mut problems);
    check_keywords(def, raw, at, &mut problems);
    check_type(def, value_kind, at, &mut problems);
    check_options(def, at, &mut problems);
    check_numbers(def, at, &mut problems);
    check_serial(def, at, &mut problems);
    problems
}

/// The compiled pattern of a text field; a pattern that is wrong is reported.
pub fn pattern(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) -> Option<Pattern> {
    let source = def.pattern.as_ref()?;
    match Pattern::compile(source) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let message = format!("This is not a regular expression: {error}.");
            problems.push(Problem::error("field.pattern", format!("{at}/pattern"), message));
            None
        }
    }
}

fn check_key(name: &str, at: &str, problems: &mut Vec<Problem>) {
    if !key::is_valid(name) {
        problems.push(key::problem(name, at));
    }
    if SYSTEM_KEYS.contains(&name) {
        let message = format!("Every record carries `{name}` already.");
        problems.push(
            Problem::error("field.reserved", at, message).help("Choose another key; the title is free."),
        );
    }
}

fn check_keywords(def: &FieldDef, raw: Option<&Value>, at: &str, problems: &mut Vec<Problem>) {
    let present = raw.and_then(Value::as_object).into_iter().flat_map(|object| object.keys());
    for keyword in present.filter(|keyword| !keywords::takes(def.kind, keyword)) {
        let message = format!("A field of kind {} takes no `{keyword}`.", keywords::name(def.kind));
        let help = match keywords::takers(keyword) {
            kinds if kinds.is_empty() => "Remove it.".to_owned(),
            kinds => format!("Remove it, or choose a kind that takes it: {}.", listed(kinds)),
        };
        problems
            .push(Problem::error("field.keyword", format!("{at}/{}", escape(keyword)), message).help(help));
    }
    let needed = match def.kind {
        FieldKind::Choice | FieldKind::Choices if def.options.is_none() => "enum",
        FieldKind::Relation if def.relation.is_none() => "x-relation",
        FieldKind::Table if def.items.is_none() => "items",
        FieldKind::Computed if def.compute.is_none() => "x-compute",
        FieldKind::Rollup if def.rollup.is_none() => "x-rollup",
        FieldKind::Grade if def.grade.is_none() => "x-grade",
        FieldKind::Serial if def.serial.is_none() => "x-serial",
        _ => return,
    };
    let message = format!("A field of kind {} needs `{needed}`.", keywords::name(def.kind));
    problems.push(Problem::error("field.incomplete", at, message).help(format!("Add `{needed}`.")));
}

fn check_type(def: &FieldDef, value_kind: FieldKind, at: &str, problems: &mut Vec<Problem>) {
    let (json_type, format) = keywords::json_type(value_kind);
    let kind = keywords::name(def.kind);
    let any = json_type.is_empty();
    if let Some(given) = def.json_type.as_ref().filter(|given| *given != json_type && !any) {
        let message = format!("A field of kind {kind} has the type `{json_type}`, not `{given}`.");
        problems.push(
            Problem::error("field.type", format!("{at}/type"), message)
                .help("Leave `type` out: it follows from the kind."),
        );
    }
    if let Some(given) = def.format.as_ref().filter(|given| Some(given.as_str()) != format) {
        let message = match format {
            Some(format) => format!("A field of kind {kind} has the format `{format}`, not `{given}`."),
            None => format!("A field of kind {kind} has no format."),
        };
        problems.push(
            Problem::error("field.type", format!("{at}/format"), message)
                .help("Leave `format` out: it follows from the kind."),
        );
    }
}

fn check_options(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    let Some(options) = &def.options else {
        return;
    };
    if options.is_empty() && def.kind != FieldKind::Tags {
        let message = "There is no option to choose.";
        problems
            .push(Problem::error("field.options", format!("{at}/enum"), message).help("Name at least one."));
    }
    for (index, option) in options.iter().enumerate() {
        let place = format!("{at}/enum/{index}");
        if options[..index].contains(option) {
            let message = format!("The option `{option}` stands here twice.");
            problems.push(Problem::error("field.options", place, message).help("Remove one of the two."));
        } else if option.is_empty() || option.chars().count() > 63 || option.chars().any(char::is_control) {
            let message = "An option has 1 to 63 characters.";
            problems.push(Problem::error("field.options", place, message).help("`x-labels` may be longer."));
        }
    }
    for label in def.labels.keys().filter(|label| !options.contains(label)) {
        let message = format!("`{label}` is a label of no option.");
        let place = format!("{at}/x-labels/{}", escape(label));
        let help = format!("The options are {}.", listed(options.iter().map(String::as_str)));
        problems.push(Problem::error("field.options", place, message).help(help));
    }
}

fn check_numbers(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    if let Some(scale) = def.scale.filter(|scale| *scale > 6) {
        let message = format!("{scale} decimals are too many.");
        problems.push(Problem::error("field.limit", format!("{at}/x-scale"), message).help("At most 6."));
    }
    if def.best.is_some_and(|best| !(1..=10).contains(&best)) {
        let message = "A rating goes from 0 to between 1 and 10.";
        problems.push(Problem::error("field.limit", format!("{at}/x-max"), message).help("For example 5."));
    }
    let currency = def.currency.as_ref();
    if currency.is_some_and(|code| code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        let message = "A currency is three capital letters.";
        problems.push(
            Problem::error("field.limit", format!("{at}/x-currency"), message).help("For example `CNY`."),
        );
    }
    let mut decimal = |keyword: &str, text: Option<&String>| {
        let parsed = text?.parse::<Decimal>();
        if parsed.is_err() {
            let message = "This is not a decimal number.";
            let problem = Problem::error("field.limit", format!("{at}/{keyword}"), message);
            problems.push(problem.help("Write it as text: \"0.5\"."));
        }
        parsed.ok()
    };
    let lowest = decimal("x-minimum", def.decimal_minimum.as_ref());
    let highest = decimal("x-maximum", def.decimal_maximum.as_ref());
    let mut ordered = |fine: bool, keyword: &str| {
        if !fine {
            let message = "Nothing fits: the lower limit is above the upper one.";
            problems.push(Problem::error("field.limit", format!("{at}/{keyword}"), message));
        }
    };
    ordered(lowest.zip(highest).is_none_or(|(low, high)| low <= high), "x-minimum");
    ordered(def.minimum.zip(def.maximum).is_none_or(|(low, high)| low <= high), "minimum");
    ordered(def.min_length.zip(def.max_length).is_none_or(|(low, high)| low <= high), "minLength");
    ordered(def.min_items.zip(def.max_items).is_none_or(|(low, high)| low <= high), "minItems");
}

fn check_serial(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    let Some(pattern) = &def.serial else {
        return;
    };
    if let Err(message) = serial_parts(pattern) {
        problems.push(
            Problem::error("field.serial", format!("{at}/x-serial"), message).help(
                "For example `KH-{yyyy}{mm}-{seq:5}`: {yyyy}, {yy}, {mm}, {dd} and one {seq} at the end.",
            ),
        );
    }
}

/// Checks the placeholders of a serial pattern.
fn serial_parts(pattern: &str) -> Result<(), String> {
    let mut rest = pattern;
    let mut numbers = 0;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or("A brace is not closed.")? + open;
        match &rest[open + 1..close] {
            "yyyy" | "yy" | "mm" | "dd" => {}
            name if name == "seq" || name.strip_prefix("seq:").is_some_and(is_width) => numbers += 1,
            name => return Err(format!("`{{{name}}}` is no part of a serial number.")),
        }
        rest = &rest[close + 1..];
    }
    match numbers {
        1 => Ok(()),
        0 => Err("The running number `{seq}` is missing.".to_owned()),
        _ => Err("There is more than one `{seq}`.".to_owned()),
    }
}

fn is_width(text: &str) -> bool {
    text.parse::<u8>().is_ok_and(|width| (1..=12).contains(&width))
}
