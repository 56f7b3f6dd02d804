//! What expressions and scripts share while they are checked: positions, Rhai's errors, how a field's value is read.

use kezhi_types::{Said, said};
use rhai::{ParseErrorType, Position};
use serde_json::Value;

use kezhi_types::query::Part;

use crate::catalog::FieldInfo;
use crate::condition::{Reading, read_value};
use crate::functions::datum::Datum;
use crate::problem::Problem;

/// An error at a place in code.
pub(crate) fn problem_at(code: &'static str, position: Position, message: impl Into<Said>) -> Problem {
    let mut problem = Problem::error(code, "", message);
    problem.position = place(position);
    problem
}

fn place(position: Position) -> Option<(u32, u32)> {
    let line = u32::try_from(position.line()?).ok()?;
    Some((line, position.position().and_then(|column| u32::try_from(column).ok()).unwrap_or(1)))
}

/// What Rhai says about code that it cannot read.
pub(crate) fn syntax_problem(error: &rhai::ParseError) -> Problem {
    let said = error.err_type().to_string();
    let problem = problem_at("code.syntax", error.position(), said!("写法不对：{said}", "{said}"));
    problem.help(match error.err_type() {
        ParseErrorType::VariableUndefined(_) => said!(
            "自带的名字有 `record`、`before`、`today`、`now`、`caller`，其他的要先用 `let` 定义。",
            "`record`, `before`, `today`, `now` and `caller` are given; every other name begins with `let`."
        ),
        _ => said!(
            "请检查这里和它前面的括号、引号、逗号和分号。",
            "Look here and just before: a bracket, a quote, a comma or a semicolon is missing or too many."
        ),
    })
}

/// How the values of a field are read.
pub(crate) fn reading(field: &FieldInfo, part: Part) -> Reading {
    Reading::of(field, part)
}

/// A value of a record; what is not of the field's kind is absent.
pub(crate) fn datum(reading: &Reading, value: Option<&Value>) -> Datum {
    value.map_or(Datum::Absent, |value| read_value(reading, value))
}
