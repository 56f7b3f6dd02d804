//! The table: what was measured beside its limit, for the terminal and for `docs/performance.md`.

use std::fmt::Write;
use std::process::Command;

use kezhi_tests::tree;

use crate::caller::Rate;

/// The document whose table is rewritten.
const DOCUMENT: &str = "docs/performance.md";

/// Everything that was measured; a rate is the median of its rounds.
pub struct Report {
    /// Where the records lie, how many, and how long each question was asked.
    pub workspace: String,
    pub lines: Vec<Line>,
    /// The limits themselves, and how often a second.
    pub limits: Vec<(&'static str, f64)>,
    /// Single figures: what, how much, what is allowed.
    pub figures: Vec<(&'static str, String, &'static str)>,
}

/// One question.
pub struct Line {
    pub asked: String,
    pub rate: Rate,
    /// What it is compared with, and how often a second that was done.
    pub limit: Option<(&'static str, f64)>,
    /// What is demanded of it, and whether it holds.
    pub gate: Option<(&'static str, bool)>,
}

impl Report {
    /// The table as Markdown.
    pub fn table(&self) -> String {
        let mut text = format!("{} · {}\n\n", self.workspace, machine());
        text.push_str("| 16 callers | a second | p50, ms | p99, ms | of its limit | the limit | gate |\n");
        text.push_str("| --- | ---: | ---: | ---: | ---: | --- | --- |\n");
        for Line { asked, rate, limit, gate } in &self.lines {
            let each = thousands(rate.each_second);
            let share = limit.map(|(_, most)| format!("{:.2}", rate.each_second / most)).unwrap_or_default();
            let limit = limit.map_or("", |(limit, _)| limit);
            let gate = gate.map(|(gate, kept)| format!("{gate}{}", if kept { "" } else { " **missed**" }));
            let (p50, p99, gate) = (rate.p50, rate.p99, gate.unwrap_or_default());
            let _ = writeln!(text, "| {asked} | {each} | {p50:.1} | {p99:.1} | {share} | {limit} | {gate} |");
        }
        text.push_str("\n| the limits, in the same run | a second |\n| --- | ---: |\n");
        for (limit, most) in &self.limits {
            let _ = writeln!(text, "| {limit} | {} |", thousands(*most));
        }
        text.push_str("\n| | measured | gate |\n| --- | ---: | --- |\n");
        for (what, measured, gate) in &self.figures {
            let _ = writeln!(text, "| {what} | {measured} | {gate} |");
        }
        text
    }
}

/// Rewrites a table in its place of the document.
///
/// # Panics
/// When the document or its markers are missing.
pub fn write(place: &str, table: &str) {
    let path = tree::root().join(DOCUMENT);
    let text = std::fs::read_to_string(&path).expect("the document can be read");
    let (begin, end) = (format!("<!-- {place}: begin -->"), format!("<!-- {place}: end -->"));
    let (before, rest) = text.split_once(&begin).expect("the document has a place for the table");
    let (_, after) = rest.split_once(&end).expect("the place for the table has an end");
    let text = format!("{before}{begin}\n{table}{end}{after}");
    std::fs::write(path, text).expect("the document can be written");
}

/// `2026-03-01, 2 cores (…), commit 1234abc`
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let told = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(tree::root()).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let date = told("date", &["-u", "+%F"]);
    let commit = told("git", &["rev-parse", "--short", "HEAD"]);
    format!("{date} · {cores} cores, shared with the callers · commit {commit}")
}

/// `12,345`
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
