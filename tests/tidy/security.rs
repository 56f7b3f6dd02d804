//! The promises of `docs/security.md` and their tests, and what code must not do for them to hold.

use kezhi_tests::tree;

use super::{none, read, sources, without_tests};

/// The items of ASVS 5.0.0 that concern this engine, and what is beside them.
const ITEMS: [&str; 69] = [
    "1.2.4", "1.2.5", "1.2.9", "1.2.10", "1.3.1", "1.3.2", "15.2.5", "1.3.6", "13.2.4", "13.2.5", "15.3.2",
    "1.3.7", "1.3.11", "1.5.1", "1.5.2", "1.5.3", "2.2", "2.3.1", "2.3.3", "2.3.4", "2.4.1", "15.1.3",
    "15.2.2", "3.3", "3.4", "3.5.1", "3.5.2", "3.5.3", "4.1.3", "15.3.4", "4.2.1", "4.3.1", "4.4", "5.2",
    "5.3", "5.4", "6.2", "6.3.1", "6.3.3", "7.2.4", "7.4.1", "7.4.2", "7.4.3", "7.5", "7.6", "8.2.1",
    "8.2.2", "8.2.3", "8.3.1", "8.3.3", "8.4.1", "9.1", "9.2", "11", "12", "13.3", "13.4", "15.2.3", "14.2",
    "14.3", "15.3.1", "15.3.3", "15.3.5", "15.3.6", "15.3.7", "16", "JSON", "plugins", "webhooks",
];
/// The shortest reason why an item has no test.
const REASON: usize = 20;
/// The fewest letters that say what is done.
const DONE: usize = 12;
/// What tells something all the same. A probe that compares answers may leave out these and no others.
const RELEASES: [&str; 4] = ["derived-field", "refusal-bit", "serial-gap", "version"];

/// Places that reach other machines, each with the reason.
const OUTWARD: [(&str, &str); 6] = [
    ("engine/runtime/src/outbound/", "it is the one way out"),
    ("engine/runtime/src/depot/", "the bucket is the operator's choice"),
    ("engine/runtime/src/people/oidc/", "providers of accounts are the operator's choice"),
    ("engine/store/src/", "the database is the operator's choice"),
    ("plugins/email/src/", "the mail server is the operator's choice"),
    ("engine/server/src/cli/", "commands speak to their own server over its socket"),
];
/// What reaches other machines.
const REACHES: [&str; 8] = [
    "TcpStream::",
    "UdpSocket::",
    "UnixStream::",
    "lookup_host",
    "to_socket_addrs",
    "hyper_util::client",
    "reqwest::",
    "lettre::",
];

/// Places that start programs, each with the reason. There is no shell anywhere.
const PROGRAMS: [(&str, &str); 3] = [
    ("engine/runtime/src/scripts/", "scripts run in children of the engine's own binary"),
    ("engine/runtime/src/import/old.rs", "old workbooks are read in a child of the engine's own binary"),
    ("engine/runtime/src/files/draw.rs", "pictures are made small in a child of the engine's own binary"),
];

/// Where a browser keeps something, each with the reason.
const KEPT: [(&str, &str); 1] =
    [("builder-ui/src/lib/kept.ts", "input that was not saved yet, forgotten when its person signs out")];

/// How verbs begin that change something.
const CHANGING_VERBS: [&str; 8] =
    ["create_", "update_", "delete_", "save_", "remove_", "publish", "begin_", "set_"];

/// The rows of the table under a heading: their cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = read(&tree::root().join("docs/security.md"));
    let section =
        text.split("\n## ").find(|part| part.starts_with(heading)).expect("the section is there").to_owned();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Whether a file holds a test of this name: one that is marked as such, or named in a list of cases for both databases.
fn is_test_in(text: &str, name: &str) -> bool {
    let Some(at) = text.find(&format!("fn {name}(")) else { return false };
    let before: String = text[..at].lines().rev().take(4).collect::<Vec<_>>().join(" ");
    let marked = before.contains("#[test]") || before.contains("#[tokio::test");
    let listed = text.split("on_both!(").skip(1).any(|list| {
        list.split(");").next().is_some_and(|names| names.split(',').any(|one| one.trim() == name))
    });
    marked || listed
}

#[test]
fn every_promise_has_a_proof_or_a_reason() {
    let rows = table("Promises and proofs");
    let mut breaches = Vec::new();
    for item in ITEMS {
        let many = rows.iter().filter(|row| row[0] == item).count();
        if many != 1 {
            breaches.push(format!("{item} stands {many} times in docs/security.md"));
        }
    }
    for row in &rows {
        let [item, _, done, proof] = row.as_slice() else {
            breaches.push(format!("{row:?} has not item, topic, what is done, and proof"));
            continue;
        };
        if done.chars().count() < DONE {
            breaches.push(format!("{item} does not say what is done: `{done}`"));
        }
        if !ITEMS.contains(&item.as_str()) {
            breaches.push(format!("{item} is no item"));
        }
        if let Some(reason) = proof.strip_prefix("none: ") {
            if reason.chars().count() < REASON {
                breaches.push(format!("{item}: `{reason}` is no reason"));
            }
            continue;
        }
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            breaches.push(format!("{item} names no test and no reason"));
        }
        for one in named {
            let (file, name) = one.split_once('#').unwrap_or((one, ""));
            let text = std::fs::read_to_string(tree::root().join(file)).unwrap_or_default();
            if !is_test_in(&text, name) {
                breaches.push(format!("{item}: there is no test {one}"));
            }
        }
    }
    none(&breaches);
}

#[test]
fn what_is_told_all_the_same_is_declared() {
    let declared: Vec<String> =
        table("Declared releases").into_iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(declared, RELEASES);
}

/// Whether a line of code holds something, outside comments.
fn holding<'a>(text: &'a str, what: &'a str) -> impl Iterator<Item = &'a str> {
    without_tests(text)
        .lines()
        .filter(move |line| !line.trim_start().starts_with("//") && line.contains(what))
}

#[test]
fn only_one_place_calls_addresses_that_people_chose() {
    let mut breaches = Vec::new();
    let mut seen = 0;
    for (name, text) in sources() {
        let known = OUTWARD.iter().any(|(place, _)| name.starts_with(place));
        for what in REACHES {
            let lines: Vec<&str> = holding(&text, what).collect();
            seen += lines.len();
            breaches.extend(lines.iter().filter(|_| !known).map(|line| format!("{name}: {}", line.trim())));
        }
    }
    assert!(seen > 5, "places are found: {seen}");
    none(&breaches);
}

#[test]
fn only_known_places_start_programs() {
    let mut breaches = Vec::new();
    let mut seen = 0;
    for (name, text) in sources() {
        let known = PROGRAMS.iter().any(|(place, _)| name.starts_with(place));
        let started: Vec<&str> =
            holding(&text, "Command::new(").filter(|line| !line.contains("clap")).collect();
        seen += started.len();
        breaches.extend(started.iter().filter(|_| !known).map(|line| format!("{name}: {}", line.trim())));
        for shell in ["\"sh\"", "\"bash\"", "\"-c\"", "/bin/sh"] {
            breaches.extend(holding(&text, shell).map(|line| format!("{name}: {}", line.trim())));
        }
    }
    assert!(seen >= 2, "programs are found: {seen}");
    none(&breaches);
}

/// A link in a mail, a picture in a page or a crawler reads: no GET leads to a verb that changes something.
#[test]
fn reading_changes_nothing() {
    let table = read(&tree::root().join("engine/server/src/routes/mod.rs"));
    let gets: Vec<&str> = table.lines().map(str::trim).filter(|line| line.starts_with("get \"")).collect();
    assert!(gets.len() > 30, "routes are found: {}", gets.len());
    let handler =
        |line: &str| line.split('"').nth(2).unwrap_or_default().trim().trim_end_matches(',').to_owned();
    let changing = gets.iter().map(|line| (line, handler(line))).filter(|(_, handler)| {
        let verb = handler.rsplit("::").next().unwrap_or_default();
        CHANGING_VERBS.iter().any(|changing| verb.starts_with(changing))
    });
    none(&changing.map(|(line, _)| format!("a GET changes something: {line}")).collect::<Vec<_>>());
}

/// What was read of records is kept by nobody's browser.
#[test]
fn the_browser_keeps_no_values() {
    let mut breaches = Vec::new();
    for ending in [".ts", ".tsx"] {
        for path in tree::files("builder-ui/src", ending) {
            let text = read(&path);
            let name = tree::name(&path);
            if name.contains(".test.") || KEPT.iter().any(|(known, _)| *known == name) {
                continue;
            }
            for (at, line) in text.lines().enumerate() {
                let keeps = ["indexedDB", "document.cookie", "caches.open", "serviceWorker"];
                if keeps.iter().any(|what| line.contains(what)) {
                    breaches.push(format!("{name}:{}: {}", at + 1, line.trim()));
                }
            }
        }
    }
    none(&breaches);
}
