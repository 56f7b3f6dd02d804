//! The table: what was measured beside its limit, for the terminal and for `docs/performance.md`.

use std::fmt::Write;
use std::process::Command;

use kezhi_tests::tree;

use crate::caller::Rate;

/// The document whose table is rewritten.
const DOCUMENT: &str = "docs/performance.md";
const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// Everything that was measured; a rate is the median of its rounds.
pub struct Report {
    /// Where the records lie, how many, and how long each question was asked.
    pub workspace: String,
    /// What was asked, its rate, the limit it is compared with and that limit's rate.
    pub lines: Vec<(String, Rate, &'static str, f64)>,
    /// The limits themselves.
    pub limits: Vec<(&'static str, f64)>,
    /// Single figures: what, how much, what is allowed.
    pub figures: Vec<(&'static str, String, &'static str)>,
}

impl Report {
    /// The table as Markdown.
    pub fn table(&self) -> String {
        let mut text = format!("{} · {}\n\n", self.workspace, machine());
        text.push_str("| 16 callers | a second | p50, ms | p99, ms | of its limit | the limit |\n");
        text.push_str("| --- | ---: | ---: | ---: | ---: | --- |\n");
        for (asked, rate, limit, most) in &self.lines {
            let (each, share) = (thousands(rate.each_second), rate.each_second / most);
            let _ = writeln!(
                text,
                "| {asked} | {each} | {:.1} | {:.1} | {share:.2} | {limit} |",
                rate.p50, rate.p99
            );
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

    /// Rewrites the table in the document.
    ///
    /// # Panics
    /// When the document or its markers are missing.
    pub fn write(&self) {
        let path = tree::root().join(DOCUMENT);
        let text = std::fs::read_to_string(&path).expect("the document can be read");
        let (before, rest) = text.split_once(BEGIN).expect("the document has a place for the table");
        let (_, after) = rest.split_once(END).expect("the place for the table has an end");
        let text = format!("{before}{BEGIN}\n{}{END}{after}", self.table());
        std::fs::write(path, text).expect("the document can be written");
    }
}

/// `2026-03-01, 2 cores (…), commit 1234abc`
fn machine() -> String {
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
fn thousands(number: f64) -> String {
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
