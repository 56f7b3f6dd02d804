//! Apps, people and answers of the store for tests: a folder of definitions as authored, compiled as a release.

use kezhi_types::def::files::Folder;
use kezhi_types::def::rule::RuleOperation;
use kezhi_types::text::Language;
use kezhi_types::{Caller, CallerKind, Entrance, Fields, Id, Record, Said, Timestamp};
use serde_json::{Value, json};

use crate::app::{AppPlan, EntityPlan};
use crate::compile;
use crate::facts::{Circumstances, Facts};

/// The id of the person who acts in tests.
pub(crate) const LI: &str = "01980000-0000-7000-8000-0000000000aa";
/// The id of somebody else.
pub(crate) const WANG: &str = "01980000-0000-7000-8000-0000000000bb";
/// The id of the record that tests change.
pub(crate) const RECORD: &str = "01980000-0000-7000-8000-000000000001";

/// Holds a finding to both languages: 中文 on one side, and on the other none but what the author wrote, in quotes.
#[track_caller]
pub(crate) fn assert_bilingual(code: &str, message: &Said, help: &Said) {
    let is_han = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    for said in [message, help].into_iter().filter(|said| !said.is_empty()) {
        assert!(said.zh.contains(is_han), "{code} is not told in Chinese: {said:?}");
        let mut quoted = false;
        for letter in said.en.chars() {
            match letter {
                '`' | '"' => quoted = !quoted,
                '“' | '”' => quoted = letter == '“',
                _ => assert!(quoted || !is_han(letter), "{code} is not told in English: {said:?}"),
            }
        }
    }
}

/// Compiles definitions by path; the manifest is added.
pub(crate) fn app(files: &[(&str, Value)]) -> AppPlan {
    let compiled = compile::compile(&folder_of(files), 1);
    compiled.plan.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

/// The same as a folder.
pub(crate) fn folder_of(files: &[(&str, Value)]) -> Folder {
    let mut folder = Folder::default();
    let manifest = json!({
        "key": "test", "title": "试用", "version": "1.0.0", "engine": ">=0.1, <0.2", "language": "zh-CN"
    });
    folder.0.insert("manifest.json".to_owned(), manifest.to_string());
    for (path, file) in files {
        let text = match file {
            Value::String(code) => code.clone(),
            definition => format!("{definition:#}"),
        };
        folder.0.insert((*path).to_owned(), text);
    }
    folder
}

/// An app of one entity `thing` with these properties.
#[allow(clippy::needless_pass_by_value, reason = "tests hand over what `json!` makes")]
pub(crate) fn one(properties: Value) -> AppPlan {
    app(&[("entities/thing.json", json!({ "title": "东西", "type": "object", "properties": properties }))])
}

pub(crate) fn thing(app: &AppPlan) -> &EntityPlan {
    app.entity("thing").expect("the tests define it")
}

pub(crate) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

pub(crate) fn id(text: &str) -> Id {
    text.parse().expect("a UUID")
}

pub(crate) fn li() -> Caller {
    Caller {
        id: id(LI),
        name: "李".to_owned(),
        kind: CallerKind::Person,
        roles: vec!["clerk".to_owned()],
        department: None,
        departments_below: Vec::new(),
        team: Vec::new(),
        named: Vec::new(),
        shared: Vec::new(),
        narrowed: None,
        language: Language::English,
        proved_at: None,
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-03-01T16:30:00Z").expect("an instant")
}

/// 2026-03-02 in Shanghai, through the API.
pub(crate) fn circumstances() -> Circumstances {
    Circumstances {
        now: now(),
        zone: "Asia/Shanghai".to_owned(),
        caller: li(),
        entrance: Entrance::Api,
        operation: RuleOperation::Create,
        confirmed: Default::default(),
    }
}

pub(crate) fn record(data: Value, derived: Value) -> Record {
    Record {
        id: id(RECORD),
        entity: "thing".to_owned(),
        version: 3,
        created_at: now(),
        created_by: Some(id(LI)),
        updated_at: now(),
        updated_by: Some(id(LI)),
        owner: Some(id(LI)),
        department: None,
        deleted_at: None,
        data: fields(data),
        derived: fields(derived),
        stale: Vec::new(),
    }
}

/// A store in which exactly these records exist.
pub(crate) fn knowing(records: &[(&str, &str, Value)]) -> Facts {
    let mut facts = Facts::default();
    for (entity, key, value) in records {
        facts.asked.insert(id(key));
        facts.records.insert(id(key), ((*entity).to_owned(), fields(value.clone())));
    }
    facts
}
