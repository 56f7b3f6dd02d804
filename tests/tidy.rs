//! The house holds its own rules: who may import whom, sizes, headers, generated files, the clock, words for codes.

/// Where everything that we did not write comes from.
mod supply;
/// The list of what was promised for security, and its tests.
mod security;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kezhi_tests::folder::Folder;
use kezhi_tests::server::kezhi;
use kezhi_tests::tree;
use kezhi_types::text::{self, Language};

/// Each crate, where it lies, and the crates of the house that it may import.
const LAYERS: [(&str, &str, &[&str]); 9] = [
    ("types", "engine/types", &[]),
    ("plan", "engine/plan", &["types"]),
    ("plugin", "engine/plugin", &["types"]),
    ("migrations", "migrations", &[]),
    ("store", "engine/store", &["types", "migrations"]),
    ("runtime", "engine/runtime", &["types", "plan", "plugin", "store"]),
    ("plugin-email", "plugins/email", &["types", "plugin"]),
    ("server", "engine/server", &["types", "plan", "plugin", "plugin-email", "runtime"]),
    ("tests", "tests", &["types", "plan", "plugin", "store", "runtime", "server"]),
];

/// Libraries that stay within walls: the library, and the crates that may have it.
const WALLS: [(&str, &[&str]); 9] = [
    ("rhai", &["plan"]),
    ("jsonschema", &["plan"]),
    ("minijinja", &["plan"]),
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["store", "migrations"]),
    // The tests measure a bare answer of axum as the limit of their machine.
    ("axum", &["server", "tests"]),
    ("tower-http", &["server"]),
    ("lettre", &["plugin-email"]),
    ("calamine", &["runtime"]),
];

/// Crates that know no executor, no network and no time of day.
const PURE: [&str; 2] = ["types", "plan"];

/// The most lines of a Rust file without its tests.
const LINES: usize = 400;
/// Files that are longer all the same, each with the reason. The list may only shrink.
const LONG: [(&str, &str); 0] = [];

/// Modules that use one declared below them all the same, each with the reason. The list may only shrink.
const KNOTS: [(&str, &str, &str, &str); 8] = [
    ("engine/plan", "facts", "condition", "questions about rows carry the condition that the rows must meet"),
    ("engine/plan", "functions", "condition", "expressions compare and measure durations as conditions do"),
    ("engine/plan", "app", "kind", "a field's plan holds what its kind found out"),
    ("engine/plan", "app", "access", "an app's plan holds its compiled roles"),
    ("engine/store", "catalog", "conn", "the catalog reads itself from the database"),
    ("engine/runtime", "runtime", "people", "the runtime owns what it remembers of people"),
    ("engine/runtime", "runtime", "workflows", "the runtime owns what it remembers of runs"),
    ("engine/server", "openapi", "routes", "the document describes the table that it is a route of"),
];

/// Files that read the time of day or measure time by themselves, each with the reason.
const CLOCKS: [(&str, &str); 7] = [
    ("engine/runtime/src/clock.rs", "it is the clock"),
    ("engine/runtime/src/scripts/", "the wall clock that ends a script is outside of judgement"),
    ("engine/runtime/src/people/", "what was read of people and sessions is kept for a moment only"),
    ("engine/plan/src/script.rs", "a script's own time limit, in the child process"),
    ("engine/store/src/", "leases and pools measure how long they have waited"),
    ("engine/server/src/", "request logs and attempts are about the world, not about records"),
    ("engine/types/src/time.rs", "it defines what an instant is"),
];

fn manifest(folder: &str) -> String {
    std::fs::read_to_string(tree::root().join(folder).join("Cargo.toml")).expect("a crate has a manifest")
}

/// The names under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[").find(|part| part.starts_with("dependencies]")).unwrap_or_default();
    let lines =
        section.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split(['.', ' ', '=']).next()).map(str::to_owned).collect()
}

/// The Rust sources of the engine, without the tests beside them.
fn sources() -> Vec<(String, String)> {
    let files = ["engine", "migrations", "plugins"].iter().flat_map(|folder| tree::files(folder, ".rs"));
    files.map(|path| (tree::name(&path), read(&path))).filter(|(name, _)| !is_test(name)).collect()
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs")
        || name.contains("/tests/")
        || name.contains("/examples/")
        || name.ends_with("/property.rs")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a source can be read")
}

/// A source without the test module at its foot.
fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(text)
}

#[track_caller]
fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn no_arrow_between_crates_points_up() {
    let mut breaches = Vec::new();
    for (name, folder, may) in LAYERS {
        let has = dependencies(&manifest(folder));
        for dependency in &has {
            if let Some(ours) = dependency.strip_prefix("kezhi-").filter(|ours| !may.contains(ours)) {
                breaches.push(format!("{folder} must not import kezhi-{ours}"));
            }
            let wall = WALLS.iter().find(|(library, _)| library == dependency);
            if wall.is_some_and(|(_, crates)| !crates.contains(&name)) {
                breaches.push(format!("{folder} must not import {dependency}"));
            }
            if PURE.contains(&name) && ["tokio", "reqwest", "sqlx", "axum"].contains(&dependency.as_str()) {
                breaches.push(format!("{folder} must not import {dependency}"));
            }
        }
    }
    none(&breaches);
}

#[test]
fn every_crate_of_the_workspace_has_a_layer() {
    let manifest = manifest(".");
    let members =
        manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    let known: Vec<&str> = LAYERS.iter().map(|(_, folder, _)| *folder).collect();
    let unknown: Vec<String> =
        members.into_iter().filter(|member| !known.contains(member)).map(str::to_owned).collect();
    none(&unknown);
}

/// `lib.rs` declares its modules in the order in which they may use each other.
#[test]
fn a_module_uses_only_those_declared_above_it() {
    let mut breaches = Vec::new();
    for (_, folder, _) in LAYERS.iter().filter(|(name, _, _)| *name != "tests") {
        let library = tree::root().join(folder).join("src/lib.rs");
        let order: BTreeMap<String, usize> = modules(&read(&library)).into_iter().zip(0..).collect();
        for path in tree::files(&format!("{folder}/src"), ".rs") {
            let name = tree::name(&path);
            let inside = name.trim_start_matches(&format!("{folder}/src/")).to_owned();
            let module = inside.split(['/', '.']).next().unwrap_or_default();
            let Some(place) = order.get(module).filter(|_| !is_test(&name)) else { continue };
            for used in uses(without_tests(&read(&path))) {
                let known = KNOTS
                    .iter()
                    .any(|(at, from, to, _)| (*at, *from, *to) == (*folder, module, used.as_str()));
                if !known && order.get(&used).is_some_and(|other| other > place) {
                    breaches.push(format!("{name} uses crate::{used}, which is declared below {module}"));
                }
            }
        }
    }
    none(&breaches);
}

fn modules(library: &str) -> Vec<String> {
    let named = |line: &str| {
        let rest = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        rest.strip_suffix(';').map(str::to_owned)
    };
    library.lines().filter_map(named).collect()
}

fn uses(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found: Vec<String> = code
        .flat_map(|line| line.split("crate::").skip(1).map(str::to_owned).collect::<Vec<_>>())
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut breaches = Vec::new();
    for folder in ["engine", "migrations", "plugins", "tests"] {
        for path in tree::files(folder, ".rs") {
            let text = read(&path);
            let first = text.lines().next().unwrap_or_default();
            if !first.starts_with("//! ") || first.contains("Placeholder") {
                breaches.push(format!("{} does not open with a sentence", tree::name(&path)));
            }
        }
    }
    none(&breaches);
}

#[test]
fn no_file_is_longer_than_the_house_tolerates() {
    let mut breaches = Vec::new();
    for (name, text) in sources() {
        let lines = without_tests(&text).lines().count();
        if lines > LINES && !LONG.iter().any(|(long, _)| *long == name) {
            breaches.push(format!("{name}: {lines} lines, at most {LINES}"));
        }
    }
    for path in tree::files("tests", ".rs") {
        let lines = read(&path).lines().count();
        if lines > 600 {
            breaches.push(format!("{}: {lines} lines, at most 600", tree::name(&path)));
        }
    }
    for (name, _) in LONG {
        if without_tests(&read(&tree::root().join(name))).lines().count() <= LINES {
            breaches.push(format!("{name} is no longer too long; take it off the list"));
        }
    }
    none(&breaches);
}

#[test]
fn nothing_reads_the_time_behind_the_clocks_back() {
    let clocks = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];
    let mut breaches = Vec::new();
    for (name, text) in sources() {
        let allowed = CLOCKS.iter().any(|(place, _)| name.starts_with(place));
        for clock in clocks.iter().filter(|clock| !allowed && without_tests(&text).contains(**clock)) {
            breaches.push(format!("{name} calls {clock}"));
        }
    }
    none(&breaches);
}

#[test]
fn nothing_is_left_for_later() {
    let later = ["todo!(", "unimplemented!(", "dbg!("];
    let mut breaches = Vec::new();
    for (name, text) in sources() {
        for what in later.iter().filter(|what| text.contains(**what)) {
            breaches.push(format!("{name} contains {what})"));
        }
    }
    none(&breaches);
}

/// Texts of two words with a dot between them that are no codes.
const NO_CODES: [&str; 14] = [
    "audit.erased",
    "caller.department",
    "caller.id",
    "checkpoints.jsonl",
    "default.sqlite",
    "divisions.csv",
    "index.html",
    "kezhi.db",
    "kezhi.sock",
    "kezhi.toml",
    "manifest.json",
    "sharedstrings.xml",
    "styles.xml",
    "workbook.xml",
];

/// Sentences that are not about something refused.
const NO_ANSWERS: [&str; 2] = ["actor.", "mail."];

/// What looks like a code in a source: `"record.required"`, and `record.not_found` for `kind: "record"`.
fn codes_in(text: &str) -> Vec<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
    let is_code = |text: &&str| text.split_once('.').is_some_and(|(one, other)| word(one) && word(other));
    let mut found: Vec<String> = code.split('"').filter(is_code).map(str::to_owned).collect();
    let kinds = code.split("NotFound { kind: \"").skip(1).filter_map(|rest| rest.split('"').next());
    found.extend(kinds.map(|kind| format!("{kind}.not_found")));
    found
}

#[test]
fn every_code_is_explained_and_has_words() {
    let documented: BTreeSet<String> = read(&tree::root().join("docs/errors.md"))
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`').map(str::to_owned))
        .collect();
    let diagnostics = codes_in(&read(&tree::root().join("engine/plan/src/compile/codes.rs")));
    let mut breaches = Vec::new();
    let mut seen = 0;
    for (name, text) in sources() {
        for code in codes_in(without_tests(&text)) {
            if NO_CODES.contains(&code.as_str()) || NO_ANSWERS.iter().any(|family| code.starts_with(family)) {
                continue;
            }
            seen += 1;
            if !documented.contains(&code) {
                breaches.push(format!("{name}: docs/errors.md does not explain {code}"));
            }
            if !text::is_known(&code) && !diagnostics.contains(&code) {
                breaches.push(format!("{name}: there is no sentence for {code}"));
            }
        }
    }
    assert!(seen > 300, "codes are found: {seen}");
    breaches.sort();
    breaches.dedup();
    none(&breaches);
}

#[test]
fn every_sentence_is_there_once_in_both_languages() {
    let mut codes: Vec<&str> = text::codes().collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all, "a code has two sentences");
    let nothing = kezhi_types::Fields::new();
    let chinese = |text: &str| text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
    for code in codes {
        let said =
            [Language::Chinese, Language::English].map(|language| text::sentence(language, code, &nothing));
        assert!(chinese(&said[0]) && !chinese(&said[1]) && !said[1].is_empty(), "{code}: {said:?}");
    }
}

#[test]
fn every_refusal_has_words() {
    let mut breaches = Vec::new();
    for (name, text) in sources() {
        let flat = without_tests(&text).split_whitespace().collect::<Vec<_>>().join(" ");
        for opening in
            ["Violation::new(\"", "Problem::new(StatusCode::", "conflict(\"", "Conflict { code: \""]
        {
            for part in flat.split(opening).skip(1) {
                let code = if opening.starts_with("Problem") {
                    part.split('"').nth(1)
                } else {
                    part.split('"').next()
                };
                let code = code.unwrap_or_default();
                let is_code =
                    code.contains('.') && code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'.'));
                if is_code && !text::is_known(code) {
                    breaches.push(format!("{name}: there is no sentence for {code}"));
                }
            }
        }
    }
    breaches.sort();
    breaches.dedup();
    none(&breaches);
}

/// What is generated is committed, and fresh.
#[tokio::test]
async fn the_meta_schemas_are_fresh() {
    let folder = Folder::new("schema");
    let output = kezhi(&["schema", &folder.path().to_string_lossy()]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = |path: &Path| {
        let files = std::fs::read_dir(path).expect("a folder of schemas can be read");
        let file = |entry: std::fs::DirEntry| (entry.file_name(), read(&entry.path()));
        files.map(|entry| file(entry.expect("a folder of schemas can be read"))).collect::<BTreeMap<_, _>>()
    };
    let (fresh, stored) = (written(folder.path()), written(&tree::root().join("templates/schema")));
    let stale: Vec<String> = fresh
        .iter()
        .filter(|(name, text)| stored.get(*name) != Some(*text))
        .map(|(name, _)| format!("templates/schema/{} is stale: kezhi schema", name.to_string_lossy()))
        .collect();
    none(&stale);
    assert_eq!(fresh.len(), stored.len(), "templates/schema holds something that is not generated");
}
