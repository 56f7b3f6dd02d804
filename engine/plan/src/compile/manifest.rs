//! The manifest: who and what the app is, and its zone and currency.

use jiff::tz::TimeZone;
use kezhi_types::def::files::Kind;
use kezhi_types::def::manifest::ManifestDef;

use super::key;
use super::load::Sources;
use super::report::Report;
use super::source::Source;
use super::versions;
use crate::problem::Problem;

/// The manifest, or a plain one where there is none.
pub fn compile(sources: &Sources<'_>, report: &mut Report) -> ManifestDef {
    let Some(loaded) = &sources.manifest else {
        if !sources.knows(Kind::Manifest, "manifest") {
            let message = "There is no manifest.";
            let help = "Add `manifest.json` with `key`, `title`, `version` and `engine`.";
            report.add_code("manifest.json", Problem::warning("manifest.missing", "", message).help(help));
        }
        return plain();
    };
    check(sources, &loaded.def, &loaded.source, report);
    loaded.def.clone()
}

/// The zone of “today”.
pub fn zone(manifest: &ManifestDef) -> String {
    manifest.zone.clone().unwrap_or_else(|| "Asia/Shanghai".to_owned())
}

/// The currency of money fields that name none.
pub fn currency(manifest: &ManifestDef) -> String {
    manifest.currency.clone().unwrap_or_else(|| "CNY".to_owned())
}

fn plain() -> ManifestDef {
    ManifestDef {
        schema: None,
        key: "app".to_owned(),
        title: "App".to_owned(),
        summary: String::new(),
        version: "0.0.0".to_owned(),
        engine: "*".to_owned(),
        language: "zh-CN".to_owned(),
        zone: None,
        currency: None,
        requires: None,
        sample: None,
        author: None,
        license: None,
        notes: None,
    }
}

fn check(sources: &Sources<'_>, def: &ManifestDef, source: &Source, report: &mut Report) {
    let mut add = |problem: Problem| report.add(source, problem);
    if !key::is_valid_template(&def.key) {
        let message = format!("`{}` cannot be the key of a template.", def.key);
        add(Problem::error("manifest.key", "/key", message)
            .help("It begins with a–z and has at most 63 of a–z, 0–9 and -."));
    }
    if versions::parse(&def.version).is_none() {
        let message = format!("`{}` is not a version.", def.version);
        add(Problem::error("manifest.version", "/version", message).help("Write three numbers: `1.0.0`."));
    }
    match versions::allows(&def.engine, env!("CARGO_PKG_VERSION")) {
        Some(true) => {}
        Some(false) => {
            let message =
                format!("It asks for the engine {}, this is {}.", def.engine, env!("CARGO_PKG_VERSION"));
            add(Problem::error("manifest.engine", "/engine", message)
                .help("Install another version of either."));
        }
        None => {
            let message = format!("`{}` does not say which versions.", def.engine);
            add(Problem::error("manifest.engine", "/engine", message).help("For example `>=0.1, <0.2`."));
        }
    }
    if !["zh-CN", "en"].contains(&def.language.as_str()) {
        let message = format!("The interface does not speak `{}`.", def.language);
        add(Problem::error("manifest.language", "/language", message).help("Write `zh-CN` or `en`."));
    }
    if def.zone.as_ref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        let message = format!("There is no time zone `{}`.", zone(def));
        add(Problem::error("manifest.zone", "/zone", message).help("Write a name such as `Asia/Shanghai`."));
    }
    let currency = currency(def);
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        add(Problem::error("manifest.currency", "/currency", "A currency is three capital letters.")
            .help("For example `CNY`."));
    }
    for (plugin, wanted) in def.requires.iter().flat_map(|requires| &requires.plugins) {
        if versions::allows(wanted, "0.0.0").is_none() {
            let message = format!("`{wanted}` does not say which versions of `{plugin}`.");
            let at = format!("/requires/plugins/{plugin}");
            add(Problem::error("manifest.requires", at, message).help("For example `^1`."));
        }
    }
    let Some(sample) = &def.sample else {
        return;
    };
    if sample.as_of.parse::<jiff::civil::Date>().is_err() {
        let message = format!("`{}` is not a date.", sample.as_of);
        report.add(
            source,
            Problem::error("manifest.sample", "/sample/as_of", message).help("Write it as `2026-03-01`."),
        );
    }
    for (index, entity) in sample.files.iter().enumerate() {
        sources.expect(Kind::Entity, entity, (source, &format!("/sample/files/{index}")), report);
    }
}
