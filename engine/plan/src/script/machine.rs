//! The engine that runs scripts: limits, what is switched off, and our functions.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use kezhi_types::Timestamp;
use rhai::packages::{
    BasicArrayPackage, BasicMapPackage, CorePackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    AST, Array, Dynamic, Engine, EvalAltResult, Module, NativeCallContext, OptimizationLevel, Position,
    Scope, Shared,
};

use super::check::NAMES;
use super::values::{datum, dynamic};
use crate::expr::source::syntax_problem;
use crate::functions::aggregate::RowFunction;
use crate::functions::datum::Datum;
use crate::functions::{Function, all};
use crate::problem::Problem;

/// An engine with the limits; nothing can be called yet.
fn limited() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(true)
        .set_max_operations(200_000)
        .set_max_call_levels(16)
        .set_max_expr_depths(48, 24)
        .set_max_string_size(8_192)
        .set_max_array_size(1_000)
        .set_max_map_size(200)
        .set_max_variables(64)
        .set_max_functions(32)
        .disable_symbol("eval")
        .disable_symbol("curry")
        .disable_symbol("Fn");
    engine
}

/// Reads a script; the names that it is given count as known.
pub(super) fn parse(source: &str) -> Result<AST, Problem> {
    let mut scope = Scope::new();
    for name in NAMES {
        scope.push_constant(name, ());
    }
    limited().compile_with_scope(&scope, source).map_err(|error| syntax_problem(&error))
}

/// Rhai's own functions that scripts may use: no mathematics (ours is exact), no clock, no files.
fn packages() -> &'static [Shared<Module>] {
    static PACKAGES: OnceLock<Vec<Shared<Module>>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        vec![
            CorePackage::new().as_shared_module(),
            LogicPackage::new().as_shared_module(),
            BasicArrayPackage::new().as_shared_module(),
            BasicMapPackage::new().as_shared_module(),
            MoreStringPackage::new().as_shared_module(),
        ]
    })
}

/// The engine for one run.
pub(super) fn build(
    zone: &TimeZone,
    globals: BTreeMap<&'static str, Dynamic>,
    related: BTreeMap<String, Dynamic>,
    stop: impl Fn() -> bool + Send + Sync + 'static,
) -> Engine {
    let mut engine = limited();
    for package in packages() {
        engine.register_global_module(package.clone());
    }
    engine.on_print(|_| {}).on_debug(|_, _, _| {});
    engine.on_progress(move |_| stop().then(|| Dynamic::from("it took too long")));
    engine.register_fn("sleep", |_: i64| -> Result<(), Box<EvalAltResult>> {
        Err("a script cannot sleep".into())
    });
    engine.register_fn("related", move |entity: &str, via: &str| {
        related.get(&format!("{entity}.{via}")).cloned().unwrap_or_else(|| Dynamic::from(Array::new()))
    });
    #[allow(deprecated, reason = "marked so because it may change")]
    engine.on_var(move |name, _, _| Ok(globals.get(name).cloned()));
    moments(&mut engine);
    functions(&mut engine, zone);
    engine
}

/// Dates and instants compare, and print as they are written.
fn moments(engine: &mut Engine) {
    engine
        .register_type_with_name::<Date>("date")
        .register_type_with_name::<Timestamp>("instant")
        .register_fn("to_string", |date: &mut Date| date.to_string())
        .register_fn("to_string", |instant: &mut Timestamp| instant.to_string())
        .register_fn("-", |to: Date, from: Date| {
            from.until((jiff::Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
        });
    macro_rules! compare {
        ($type:ty) => {
            engine
                .register_fn("==", |a: $type, b: $type| a == b)
                .register_fn("!=", |a: $type, b: $type| a != b)
                .register_fn("<", |a: $type, b: $type| a < b)
                .register_fn("<=", |a: $type, b: $type| a <= b)
                .register_fn(">", |a: $type, b: $type| a > b)
                .register_fn(">=", |a: $type, b: $type| a >= b);
        };
    }
    compare!(Date);
    compare!(Timestamp);
}

/// The functions of the language; those over rows share names with those of numbers.
fn functions(engine: &mut Engine, zone: &TimeZone) {
    let zone = Arc::new(zone.clone());
    for function in all() {
        for arity in function.arity.0..=function.arity.1 {
            let zone = zone.clone();
            engine.register_raw_fn(
                function.name,
                vec![TypeId::of::<Dynamic>(); arity],
                move |_: NativeCallContext<'_>, arguments| call(function, arguments, &zone),
            );
        }
    }
    for function in [RowFunction::Sum, RowFunction::Avg, RowFunction::Count] {
        for arity in 1..=2 {
            engine.register_raw_fn(
                function.name(),
                vec![TypeId::of::<Dynamic>(); arity],
                move |_: NativeCallContext<'_>, arguments| over_rows(function, arguments),
            );
        }
    }
}

type Answer = Result<Dynamic, Box<EvalAltResult>>;

fn call(function: &Function, arguments: &mut [&mut Dynamic], zone: &TimeZone) -> Answer {
    let row_function =
        RowFunction::find(function.name).filter(|_| arguments.len() == 2 && arguments[0].is_array());
    if let Some(row_function) = row_function {
        return over_rows(row_function, arguments);
    }
    let arguments: Vec<Datum> = arguments.iter().map(|argument| datum(argument)).collect();
    let value = function.apply(&arguments, zone)?;
    Ok(dynamic(&value))
}

/// `sum(rows, "amount")`, or `sum(numbers)`.
fn over_rows(function: RowFunction, arguments: &mut [&mut Dynamic]) -> Answer {
    let column = match arguments.get(1) {
        Some(column) => match datum(column) {
            Datum::Text(column) => Some(column),
            _ => return Err(format!("write {}(rows, \"field\")", function.name()).into()),
        },
        None => None,
    };
    let Ok(rows) = arguments[0].as_array_ref() else {
        return Err(format!("`{}` goes over a list", function.name()).into());
    };
    let value = |row: &Dynamic| match &column {
        None if row.is_map() => Datum::Boolean(true),
        None => datum(row),
        Some(column) => {
            row.as_map_ref().ok().and_then(|row| row.get(column.as_str()).map(datum)).unwrap_or(Datum::Absent)
        }
    };
    Ok(dynamic(&function.over(rows.iter().map(value))?))
}

/// What went wrong while it ran, with the line.
pub(super) fn sentence(error: &EvalAltResult) -> String {
    let mut innermost = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = innermost {
        innermost = inner;
    }
    let said = match innermost {
        EvalAltResult::ErrorTooManyOperations(_) => "it does too much work".to_owned(),
        EvalAltResult::ErrorTerminated(reason, _) => reason.to_string(),
        EvalAltResult::ErrorRuntime(reason, _) => reason.to_string(),
        other => {
            let mut other = other.to_string();
            if let Some(at) = other.rfind(" (line ") {
                other.truncate(at);
            }
            other
        }
    };
    match innermost.position() {
        Position::NONE => said,
        position => format!("{said} (line {})", position.line().unwrap_or(1)),
    }
}
