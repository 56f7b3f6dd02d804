//! The manifest: who and what the app is, and its zone and currency.

use jiff::tz::TimeZone;
use kezhi_types::def::files::Kind;
use kezhi_types::def::manifest::ManifestDef;
use kezhi_types::said;

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
            let message = said!("缺少应用信息。", "There is no manifest.");
            let help = said!(
                "请添加 `manifest.json`，写明 `key`、`title`、`version` 和 `engine`。",
                "Add `manifest.json` with `key`, `title`, `version` and `engine`."
            );
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
    check_identity(def, &mut add);
    check_place(def, &mut add);
    let Some(sample) = &def.sample else {
        return;
    };
    if sample.as_of.parse::<jiff::civil::Date>().is_err() {
        let message = said!("`{}` 不是日期。", "`{}` is not a date.", sample.as_of);
        report.add(
            source,
            Problem::error("manifest.sample", "/sample/as_of", message)
                .help(said!("写成 `2026-03-01`。", "Write it as `2026-03-01`.")),
        );
    }
    for (index, entity) in sample.files.iter().enumerate() {
        sources.expect(Kind::Entity, entity, (source, &format!("/sample/files/{index}")), report);
    }
}

/// Its key and version, and the engines and plugins that it works with.
fn check_identity(def: &ManifestDef, add: &mut impl FnMut(Problem)) {
    if !key::is_valid_template(&def.key) {
        let message = said!("`{}` 不能用作模板的标识。", "`{}` cannot be the key of a template.", def.key);
        add(Problem::error("manifest.key", "/key", message).help(said!(
            "标识以 a–z 开头，只含 a–z、0–9 和 -，最多 63 个字。",
            "It begins with a–z and has at most 63 of a–z, 0–9 and -."
        )));
    }
    if versions::parse(&def.version).is_none() {
        let message = said!("`{}` 不是版本号。", "`{}` is not a version.", def.version);
        add(Problem::error("manifest.version", "/version", message)
            .help(said!("写三个数：`1.0.0`。", "Write three numbers: `1.0.0`.")));
    }
    match versions::allows(&def.engine, env!("CARGO_PKG_VERSION")) {
        Some(true) => {}
        Some(false) => {
            let message = said!(
                "它要求引擎版本 {}，现在是 {}。",
                "It asks for the engine {}, this is {}.",
                def.engine,
                env!("CARGO_PKG_VERSION")
            );
            add(Problem::error("manifest.engine", "/engine", message)
                .help(said!("请换一个版本的引擎或模板。", "Install another version of either.")));
        }
        None => {
            let message = said!("`{}` 没有说明哪些版本。", "`{}` does not say which versions.", def.engine);
            add(Problem::error("manifest.engine", "/engine", message)
                .help(said!("例如 `>=0.1, <0.2`。", "For example `>=0.1, <0.2`.")));
        }
    }
    for (plugin, wanted) in def.requires.iter().flat_map(|requires| &requires.plugins) {
        if versions::allows(wanted, "0.0.0").is_none() {
            let message = said!(
                "`{wanted}` 没有说明需要 `{plugin}` 的哪些版本。",
                "`{wanted}` does not say which versions of `{plugin}`."
            );
            let at = format!("/requires/plugins/{plugin}");
            add(Problem::error("manifest.requires", at, message)
                .help(said!("例如 `^1`。", "For example `^1`.")));
        }
    }
}

/// Language, zone and currency.
fn check_place(def: &ManifestDef, add: &mut impl FnMut(Problem)) {
    if !["zh-CN", "en"].contains(&def.language.as_str()) {
        let message = said!("界面没有 `{}` 这种语言。", "The interface does not speak `{}`.", def.language);
        add(Problem::error("manifest.language", "/language", message)
            .help(said!("写 `zh-CN` 或 `en`。", "Write `zh-CN` or `en`.")));
    }
    if def.zone.as_ref().is_some_and(|zone| TimeZone::get(zone).is_err()) {
        let message = said!("没有时区 `{}`。", "There is no time zone `{}`.", zone(def));
        add(Problem::error("manifest.zone", "/zone", message)
            .help(said!("写时区名，例如 `Asia/Shanghai`。", "Write a name such as `Asia/Shanghai`.")));
    }
    let currency = currency(def);
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        add(Problem::error(
            "manifest.currency",
            "/currency",
            said!("币种是三个大写字母。", "A currency is three capital letters."),
        )
        .help(said!("例如 `CNY`。", "For example `CNY`.")));
    }
}
