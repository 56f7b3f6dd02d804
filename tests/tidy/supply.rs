//! What the house is made of: where every package of both ecosystems comes from, under which licence, and which must not be
//! among them. Read from the lock files and from what they name; nothing is asked of any network.

use std::collections::BTreeSet;
use std::process::Command;

use kezhi_tests::tree;
use serde_json::Value;

use super::none;

/// Licences under which a package may be part of the product. MPL-2.0 is about its own files, which nobody changes here.
const LICENCES: [&str; 16] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Crates that must not come in, each with the reason.
const BANNED_CRATES: [(&str, &str); 9] = [
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("libgit2-sys", "nothing of ours reads repositories"),
    ("async-std", "there is one executor"),
    ("serde_yaml", "nobody looks after it; definitions are JSON"),
    ("dotenv", "nobody looks after it"),
    ("atty", "nobody looks after it"),
    ("failure", "nobody looks after it"),
    ("net2", "nobody looks after it"),
];
/// Packages of Node that must not come in.
const BANNED_PACKAGES: [(&str, &str); 6] = [
    ("request", "nobody looks after it"),
    ("node-sass", "nobody looks after it"),
    ("event-stream", "it was taken over once"),
    ("moment", "dates are dayjs"),
    ("lodash", "the language has it"),
    ("axios", "the browser has fetch"),
];
/// Packages of Node that run something while they are installed, each with the reason.
const INSTALLERS: [(&str, &str); 2] =
    [("esbuild", "checks its own binary"), ("fsevents", "watches files on macOS; never installed elsewhere")];
/// Packages of Node whose sum the lock file does not have, each with the reason. None of them is part of the product.
const WITHOUT_SUM: [(&str, &str); 1] =
    [("@oxlint/binding-", "the same program for machines on which the lock file was never written")];
const LOCKS: [&str; 2] = ["builder-ui/package-lock.json", "tests/browser/package-lock.json"];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const NPM: &str = "https://registry.npmjs.org/";

/// One crate of the lock file.
#[derive(Debug, Default)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// The crates of `Cargo.lock`.
fn locked() -> Vec<Locked> {
    let text = std::fs::read_to_string(tree::root().join("Cargo.lock")).expect("there is a lock file");
    let packages = text.split("[[package]]").skip(1).map(|package| {
        let of = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")))?;
            line.strip_suffix('"').map(str::to_owned)
        };
        Locked {
            name: of("name").unwrap_or_default(),
            version: of("version").unwrap_or_default(),
            source: of("source"),
            checksum: of("checksum"),
        }
    });
    packages.collect()
}

/// The packages of a `package-lock.json`: the place in the tree, and what is said of it.
fn packages(lock: &str) -> Vec<(String, Value)> {
    let text = std::fs::read_to_string(tree::root().join(lock)).expect("there is a lock file");
    let read: Value = serde_json::from_str(&text).expect("a lock file is JSON");
    assert_eq!(read["lockfileVersion"], 3, "{lock}");
    let packages = read["packages"].as_object().expect("it names packages");
    let named = packages.iter().filter(|(place, _)| !place.is_empty());
    named.map(|(place, said)| (place.clone(), said.clone())).collect()
}

/// The name of a package from its place: `node_modules/a/node_modules/@b/c` is `@b/c`.
fn name_of(place: &str) -> &str {
    place.rsplit("node_modules/").next().unwrap_or_default()
}

/// Whether an SPDX expression allows what we do: of `A OR B` one, of `A AND B` both. `/` is an old way to write `OR`.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ");
    either(&mut tokens(&plain).into_iter().peekable())
}

fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "\u{1}");
    spaced.split_whitespace().map(|token| token.replace('\u{1}', " WITH ")).collect()
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<String>>;

fn either(tokens: &mut Tokens) -> bool {
    let mut allowed = both(tokens);
    while tokens.next_if(|token| token == "OR").is_some() {
        allowed |= both(tokens);
    }
    allowed
}

fn both(tokens: &mut Tokens) -> bool {
    let mut allowed = one(tokens);
    while tokens.next_if(|token| token == "AND").is_some() {
        allowed &= one(tokens);
    }
    allowed
}

fn one(tokens: &mut Tokens) -> bool {
    match tokens.next().as_deref() {
        Some("(") => {
            let allowed = either(tokens);
            tokens.next();
            allowed
        }
        Some(licence) => LICENCES.contains(&licence.trim_end_matches('+')),
        None => false,
    }
}

/// What cargo says of the crates for this machine, without the network.
fn metadata() -> Value {
    let host = Command::new("rustc").arg("-vV").output().expect("there is a compiler");
    let host = String::from_utf8_lossy(&host.stdout);
    let host =
        host.lines().find_map(|line| line.strip_prefix("host: ")).expect("it names its machine").to_owned();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let said = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", &host])
        .current_dir(tree::root())
        .output()
        .expect("there is cargo");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).expect("it says it in JSON")
}

#[test]
fn licences_are_read_as_they_are_meant() {
    for allowed in [
        "MIT",
        "Apache-2.0 OR GPL-3.0",
        "(MIT OR X) AND Unicode-3.0",
        "MIT/X",
        "Apache-2.0 WITH LLVM-exception",
        "MPL-2.0+",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(GPL-2.0 OR LGPL-3.0) AND MIT",
        "",
        "AGPL-3.0 OR SSPL-1.0",
        "GPL-2.0 WITH Classpath-exception-2.0",
    ] {
        assert!(!is_allowed(refused), "{refused}");
    }
}

#[test]
fn every_crate_comes_from_the_registry_under_a_licence_that_allows_it() {
    let said = metadata();
    let crates = said["packages"].as_array().expect("crates");
    assert!(crates.len() > 300, "every crate is looked at: {}", crates.len());
    let mut breaches = Vec::new();
    for one in crates {
        let name = one["name"].as_str().unwrap_or_default();
        let licence = one["license"].as_str().unwrap_or_default();
        let ours = one["source"].is_null();
        if ours && licence != "Apache-2.0" || !ours && !is_allowed(licence) {
            breaches.push(format!("{name}: the licence `{licence}` is not among those that are allowed"));
        }
    }
    for one in locked() {
        let Locked { name, version, source, checksum } = &one;
        match source.as_deref() {
            None if name.starts_with("kezhi-") => {}
            Some(CRATES_IO) if checksum.as_ref().is_some_and(|sum| sum.len() == 64) => {}
            other => breaches.push(format!("{name} {version} comes from {other:?}, checksum {checksum:?}")),
        }
        if let Some((_, why)) = BANNED_CRATES.iter().find(|(banned, _)| banned == name) {
            breaches.push(format!("{name} {version} must not come in: {why}"));
        }
    }
    none(&breaches);
}

#[test]
fn every_package_of_node_is_known_by_its_sum_and_licence() {
    let mut breaches = Vec::new();
    let mut installers = BTreeSet::new();
    for lock in LOCKS {
        let packages = packages(lock);
        assert!(!packages.is_empty(), "{lock} names packages");
        for (place, said) in packages {
            let name = name_of(&place);
            let licence = said["license"].as_str().unwrap_or_default();
            if !is_allowed(licence) {
                breaches.push(format!(
                    "{lock}: {place}: the licence `{licence}` is not among those that are allowed"
                ));
            }
            let spared = said["dev"] == true
                && said["optional"] == true
                && WITHOUT_SUM.iter().any(|(known, _)| name.starts_with(known));
            let has_sum = said["integrity"].as_str().is_some_and(|sum| sum.starts_with("sha512-"));
            if !has_sum && !spared {
                breaches.push(format!("{lock}: {place} has no sum"));
            }
            if said["resolved"].as_str().is_some_and(|from| !from.starts_with(NPM)) || said["link"] == true {
                breaches.push(format!("{lock}: {place} comes from elsewhere: {}", said["resolved"]));
            }
            if said["hasInstallScript"] == true {
                installers.insert(name.to_owned());
            }
            if let Some((_, why)) = BANNED_PACKAGES.iter().find(|(banned, _)| *banned == name) {
                breaches.push(format!("{lock}: {name} must not come in: {why}"));
            }
        }
    }
    let unknown = installers.iter().filter(|name| !INSTALLERS.iter().any(|(known, _)| known == name));
    breaches.extend(unknown.map(|name| format!("{name} runs something while it is installed")));
    none(&breaches);
}

/// `make sbom` says what the lock files say.
#[test]
fn the_list_of_materials_is_complete() {
    let script = tree::root().join(".ci/sbom");
    let said = Command::new(script).output().expect("there is a script");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let list: Value = serde_json::from_slice(&said.stdout).expect("it is JSON");
    assert_eq!((&list["bomFormat"], &list["specVersion"]), (&Value::from("CycloneDX"), &Value::from("1.6")));
    let components = list["components"].as_array().expect("components");
    let named: BTreeSet<&str> = components.iter().filter_map(|one| one["purl"].as_str()).collect();
    assert_eq!(named.len(), components.len(), "each is named once");
    let mut missing = Vec::new();
    for one in locked().iter().filter(|one| one.source.is_some()) {
        let purl = format!("pkg:cargo/{}@{}", one.name, one.version);
        if !named.contains(purl.as_str()) {
            missing.push(purl);
        }
    }
    for (place, said) in packages(LOCKS[0]).iter().filter(|(_, said)| said["dev"] != true) {
        let version = said["version"].as_str().unwrap_or_default();
        let purl = format!("pkg:npm/{}@{version}", name_of(place).replace('@', "%40"));
        if !named.contains(purl.as_str()) {
            missing.push(purl);
        }
    }
    none(&missing);
}
