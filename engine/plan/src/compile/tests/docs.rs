//! What is committed beside the code: meta-schemas, examples, the documents that show them, and the templates.

use std::collections::BTreeSet;

use kezhi_types::def::files::{Folder, Kind};

use super::{folder, root, told};
use crate::cases;
use crate::compile::codes::CODES;
use crate::compile::{compile, format, schema};

/// Whether committed files are to be rewritten instead of compared.
fn updating() -> bool {
    std::env::var_os("KEZHI_UPDATE").is_some_and(|value| value == "1")
}

#[test]
fn the_committed_meta_schemas_are_fresh() {
    let of_kinds = Kind::ALL.into_iter().map(|kind| (schema::file_name(kind), schema::file_text(kind)));
    let beside = schema::Beside::ALL.into_iter().map(|one| (one.file_name().to_owned(), one.file_text()));
    for (name, fresh) in of_kinds.chain(beside) {
        let path = root().join("templates/schema").join(name);
        if updating() {
            std::fs::create_dir_all(root().join("templates/schema")).expect("the folder can be made");
            std::fs::write(&path, &fresh).expect("the file can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == fresh, "{} is stale: run the tests with KEZHI_UPDATE=1", path.display());
    }
}

#[test]
fn the_examples_compile_without_a_finding_and_their_cases_pass() {
    let examples = folder("docs/examples");
    assert_eq!(told(&examples), [""; 0]);
    let plan = compile(&examples, 1).plan.expect("nothing is wrong");
    let failed: Vec<_> = cases::run(&plan).into_iter().filter(|result| !result.passed()).collect();
    assert_eq!(failed, []);
}

#[test]
fn the_templates_compile_without_a_finding_and_their_cases_pass() {
    for template in ["templates/retail-membership", "templates/b2b-sales"] {
        let files = folder(template);
        assert_eq!(told(&files), [""; 0], "{template}");
        let plan = compile(&files, 1).plan.expect("nothing is wrong");
        let failed: Vec<_> = cases::run(&plan).into_iter().filter(|result| !result.passed()).collect();
        assert_eq!(failed, [], "{template}");
    }
}

#[test]
fn there_is_an_example_of_every_kind_of_definition() {
    let examples = folder("docs/examples");
    for kind in Kind::ALL {
        assert!(examples.of_kind(kind).next().is_some(), "no example of {}", kind.name());
    }
}

/// A block after `<!-- example: PATH -->` shows that file.
#[test]
fn the_documents_show_the_examples_as_they_are() {
    let examples = folder("docs/examples");
    let mut shown = BTreeSet::new();
    for document in ["docs/definitions.md", "docs/workflows.md"] {
        let path = root().join(document);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"));
        let fresh = with_examples(&text, &examples, &mut shown);
        if updating() {
            std::fs::write(&path, &fresh).expect("the file can be written");
        }
        assert!(
            updating() || fresh == text,
            "{document} shows an older example: run the tests with KEZHI_UPDATE=1"
        );
    }
    for kind in Kind::ALL {
        let one = examples.of_kind(kind).any(|(_, path, _)| shown.contains(path));
        assert!(one, "the documents show no {}", kind.name());
    }
}

fn with_examples(text: &str, examples: &Folder, shown: &mut BTreeSet<String>) -> String {
    let mut fresh = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        fresh.push_str(line);
        fresh.push('\n');
        let Some(path) = line.strip_prefix("<!-- example: ").and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let example = examples.get(path).unwrap_or_else(|| panic!("there is no example {path}"));
        shown.insert(path.to_owned());
        let fence = lines.next().expect("a block follows");
        lines.by_ref().find(|line| *line == "```").expect("the block ends");
        fresh.push_str(&format!("{fence}\n{example}```\n"));
    }
    fresh
}

#[test]
fn every_code_has_a_paragraph_that_says_what_happened_and_what_to_do() {
    let errors = std::fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    for code in CODES {
        let heading = format!("\n### `{code}`\n");
        let paragraph =
            errors.split_once(&heading).map(|(_, rest)| rest.split("\n#").next().unwrap_or_default());
        assert!(
            paragraph.is_some_and(|text| text.trim().len() > 20),
            "docs/errors.md has no paragraph for {code}"
        );
    }
}

/// Codes stand in the sources as plain text, so that they can be found; each is in the table.
#[test]
fn every_code_in_the_sources_is_in_the_table() {
    let known: BTreeSet<&str> = CODES.iter().copied().collect();
    let mut unknown = BTreeSet::new();
    for (path, text) in folder("engine/plan/src").0.iter().filter(|(path, _)| !path.contains("tests")) {
        for maker in ["Problem::error(", "Problem::warning(", "problem_at(", ".fail(", "self.error("] {
            for (at, _) in text.match_indices(maker) {
                let code = text[at + maker.len()..]
                    .trim_start()
                    .strip_prefix('"')
                    .and_then(|rest| rest.split('"').next());
                if let Some(code) = code.filter(|code| code.contains('.') && !known.contains(code)) {
                    unknown.insert(format!("{code} in {path}"));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "not in compile/codes.rs: {unknown:?}");
}

#[test]
fn formatting_twice_gives_the_same_bytes_and_the_same_app() {
    for files in ["docs/examples", "templates/retail-membership", "templates/b2b-sales"].map(folder) {
        let mut formatted = files.clone();
        for kind in Kind::ALL {
            for (_, path, text) in files.of_kind(kind) {
                let once = format(kind, text).unwrap_or_else(|error| panic!("{path}: {error}"));
                assert_eq!(format(kind, &once).as_ref(), Ok(&once), "{path}");
                formatted.0.insert(path.to_owned(), once);
            }
        }
        assert_eq!(told(&formatted), [""; 0]);
        assert!(crate::diff::changes(&files, &formatted).is_empty());
    }
}
