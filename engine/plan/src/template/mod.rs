//! What a template may say. It shows fields, decides and repeats; it builds no values of its own, and what its filters take
//! up is measured: the library's fuel counts instructions, whatever their size.

mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters};

pub(crate) use self::words::{Refused, refused};

/// Most instructions of one rendering.
const FUEL: u64 = 50_000;
/// Most bytes of a text, and most items of a list, that a filter makes.
const LARGEST: usize = 64 * 1024;
/// Bytes and items that the filters of one rendering take up and make.
const WORK: u64 = 4_000_000;
/// Filters and functions of the library that build or repeat values.
const REMOVED: [&str; 8] = ["batch", "slice", "indent", "pprint", "format", "chain", "zip", "sum"];
const NO_FUNCTIONS: [&str; 2] = ["dict", "namespace"];

/// No template but the one given, nothing escaped (the text is plain), absent is empty.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(64);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(|out, _, value| {
        if value.is_none() || value.is_undefined() {
            return Ok(());
        }
        write!(out, "{value}").map_err(Into::into)
    });
    for name in REMOVED {
        environment.remove_filter(name);
    }
    for name in NO_FUNCTIONS {
        environment.remove_global(name);
    }
    let work = Arc::new(AtomicU64::new(0));
    for (name, takes, filter) in measured() {
        let work = work.clone();
        environment.add_filter(name, move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            charge(&work, &args)?;
            admit(name, takes, &args)?;
            let made = filter.call(state, &args)?;
            charge(&work, std::slice::from_ref(&made))?;
            if size(&made) > LARGEST as u64 { Err(too_much()) } else { Ok(made) }
        });
    }
    environment
}

/// What a filter works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// One plain value: a text, a number.
    Plain,
    /// Anything.
    Any,
}

/// The filters that there are.
fn measured() -> Vec<(&'static str, Takes, Value)> {
    use Takes::{Any, Plain};
    vec![
        ("lower", Plain, Value::from_function(filters::lower)),
        ("upper", Plain, Value::from_function(filters::upper)),
        ("title", Plain, Value::from_function(filters::title)),
        ("capitalize", Plain, Value::from_function(filters::capitalize)),
        ("replace", Plain, Value::from_function(filters::replace)),
        ("trim", Plain, Value::from_function(filters::trim)),
        ("split", Plain, Value::from_function(filters::split)),
        ("lines", Plain, Value::from_function(filters::lines)),
        ("string", Plain, Value::from_function(filters::string)),
        ("escape", Plain, Value::from_function(filters::escape)),
        ("e", Plain, Value::from_function(filters::escape)),
        ("safe", Plain, Value::from_function(filters::safe)),
        ("int", Plain, Value::from_function(filters::int)),
        ("float", Plain, Value::from_function(filters::float)),
        ("round", Plain, Value::from_function(filters::round)),
        ("abs", Plain, Value::from_function(filters::abs)),
        ("join", Any, Value::from_function(filters::join)),
        ("length", Any, Value::from_function(filters::length)),
        ("count", Any, Value::from_function(filters::length)),
        ("dictsort", Any, Value::from_function(filters::dictsort)),
        ("items", Any, Value::from_function(filters::items)),
        ("reverse", Any, Value::from_function(filters::reverse)),
        ("default", Any, Value::from_function(filters::default)),
        ("d", Any, Value::from_function(filters::default)),
        ("attr", Any, Value::from_function(filters::attr)),
        ("first", Any, Value::from_function(filters::first)),
        ("last", Any, Value::from_function(filters::last)),
        ("min", Any, Value::from_function(filters::min)),
        ("max", Any, Value::from_function(filters::max)),
        ("sort", Any, Value::from_function(filters::sort)),
        ("list", Any, Value::from_function(filters::list)),
        ("bool", Any, Value::from_function(filters::bool)),
        ("select", Any, Value::from_function(filters::select)),
        ("reject", Any, Value::from_function(filters::reject)),
        ("selectattr", Any, Value::from_function(filters::selectattr)),
        ("rejectattr", Any, Value::from_function(filters::rejectattr)),
        ("map", Any, Value::from_function(filters::map)),
        ("groupby", Any, Value::from_function(filters::groupby)),
        ("unique", Any, Value::from_function(filters::unique)),
    ]
}

fn too_much() -> Error {
    Error::new(ErrorKind::OutOfFuel, "the template makes too much of a value")
}

fn size(value: &Value) -> u64 {
    let long = value.as_str().map(str::len).or_else(|| value.len()).unwrap_or(1);
    long as u64
}

fn charge(work: &AtomicU64, values: &[Value]) -> Result<(), Error> {
    let more = values.iter().map(|value| size(value) + 1).sum::<u64>();
    if work.fetch_add(more, Ordering::Relaxed) + more > WORK { Err(too_much()) } else { Ok(()) }
}

/// Refuses what would become too large before it is made.
fn admit(name: &str, takes: Takes, args: &[Value]) -> Result<(), Error> {
    let is_list = |value: &Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain)
            && !value.is_kwargs()
    };
    if takes == Takes::Plain && args.iter().any(is_list) {
        let said = format!("`{name}` takes a text or a number");
        return Err(Error::new(ErrorKind::InvalidOperation, said));
    }
    let text = |at: usize| args.get(at).and_then(Value::as_str);
    let made = match name {
        "replace" => {
            let (Some(whole), Some(from), Some(to)) = (text(0), text(1), text(2)) else { return Ok(()) };
            let times = if from.is_empty() { whole.chars().count() + 1 } else { whole.matches(from).count() };
            whole.len().saturating_add(times.saturating_mul(to.len()))
        }
        "join" => {
            let Some(list) = args.first() else { return Ok(()) };
            let between = text(1).map_or(0, str::len);
            let mut made = 0_usize;
            for item in list.try_iter()? {
                // An item that is a list itself would be written out in full.
                if is_list(&item) && args.len() < 2 {
                    return Err(too_much());
                }
                made = made.saturating_add(item.as_str().map_or(64, str::len)).saturating_add(between);
            }
            made
        }
        _ => return Ok(()),
    };
    if made > LARGEST { Err(too_much()) } else { Ok(()) }
}
