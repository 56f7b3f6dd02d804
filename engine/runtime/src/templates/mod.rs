//! Templates: definitions to start from, with the people and records that come with them.

/// Loading the rows.
mod load;
/// Rows of CSV files as fields of records.
mod rows;

use kezhi_types::Caller;
use kezhi_types::def::files::Folder;
use kezhi_types::def::manifest::ManifestDef;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::audit::{Note, note, note_erased, seed};
use crate::error::Error;
use crate::people::{DepartmentChange, UserChange};
use crate::runtime::Runtime;

/// What installing did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// The release it made.
    pub release: i64,
    /// How many records it brought.
    pub records: usize,
    /// How many accounts it brought.
    pub users: usize,
    /// Rows that were refused: file, line and reason.
    pub refused: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleUser {
    login: String,
    name: String,
    #[serde(default)]
    email: Option<String>,
    password: String,
    roles: Vec<String>,
    #[serde(default)]
    department: Option<String>,
    #[serde(default)]
    manager: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleDepartment {
    key: String,
    title: String,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    head: Option<String>,
}

impl Runtime {
    /// Installs a template: publishes its definitions beside what is there, loads its reference data, and with
    /// `sample` its people and sample records.
    ///
    /// # Errors
    /// Denied without `publish`; diagnostics; `template.overlap` when a definition is there already with
    /// another content.
    pub async fn install_template(
        &self,
        caller: &Caller,
        template: &Folder,
        sample: bool,
    ) -> Result<Installed, Error> {
        self.require(caller, "publish")?;
        let manifest = manifest_of(template)?;
        let folder = self.beside_what_is_there(template)?;
        let note = format!("install {} {}", manifest.key, manifest.version);
        let release = self.publish_folder(caller, folder, note).await?;
        let mut installed = Installed { release: release.number, ..Installed::default() };
        if sample {
            installed.users = self.load_people(template).await?;
        }
        let (records, refused) = self.load_data(template, &manifest, sample).await?;
        installed.records = records;
        installed.refused = refused;
        self.remember_template(caller, &manifest, &installed).await?;
        Ok(installed)
    }

    /// Whether the demo has been installed to its end, or there is something else in the workspace.
    ///
    /// # Errors
    /// The store's.
    pub async fn demo_is_complete(&self) -> Result<bool, Error> {
        let reader = self.0.store.reader();
        let settings = reader.settings().await?;
        let begun = settings.iter().any(|(key, _)| key == "demo:begun");
        if settings.iter().any(|(key, _)| key == "demo:complete") || self.0.live.number() > 0 && !begun {
            return Ok(true);
        }
        let mut tx = self.0.store.begin().await?;
        if begun {
            let (_, erased) = tx.delete_sample(&seed()?).await?;
            let operator = crate::people::operator();
            note_erased(&mut tx, (&operator, self.0.clock.now()), (&erased, &[])).await?;
        }
        tx.save_setting("demo:begun", &json!(true)).await?;
        tx.commit().await?;
        Ok(false)
    }

    /// Notes that the demo has been installed to its end.
    ///
    /// # Errors
    /// The store's.
    pub async fn note_demo_complete(&self) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        tx.save_setting("demo:complete", &json!(true)).await?;
        Ok(tx.commit().await?)
    }

    /// The live definitions with the template's added.
    fn beside_what_is_there(&self, template: &Folder) -> Result<Folder, Error> {
        let mut folder = self.live_folder();
        let mut overlapping = Vec::new();
        for (path, text) in template.0.iter().filter(|(path, _)| is_definition(path)) {
            let there = folder.0.get(path);
            if path != "manifest.json" && there.is_some_and(|there| there != text) {
                overlapping.push(path.clone());
                continue;
            }
            if path != "manifest.json" || there.is_none() {
                folder.0.insert(path.clone(), text.clone());
            }
        }
        if overlapping.is_empty() {
            return Ok(folder);
        }
        Err(Error::Conflict {
            code: "template.overlap",
            detail: "these definitions are there already with another content".into(),
            data: json!({ "files": overlapping }),
        })
    }

    async fn load_people(&self, template: &Folder) -> Result<usize, Error> {
        let operator = crate::people::operator();
        let departments: Vec<SampleDepartment> = json_file(template, "data/departments.json")?;
        let users: Vec<SampleUser> = json_file(template, "data/users.json")?;
        let known = self.directory().await?;
        for found in
            departments.iter().filter(|found| !known.departments.values().any(|old| old.key == found.key))
        {
            let change = DepartmentChange {
                key: Some(found.key.clone()),
                title: Some(found.title.clone()),
                ..DepartmentChange::default()
            };
            self.save_department(&operator, None, change).await?;
        }
        let mut made = 0;
        for user in users.iter().filter(|user| known.by_login(&user.login).is_none()) {
            let change = UserChange {
                login: Some(user.login.clone()),
                name: Some(user.name.clone()),
                email: user.email.clone(),
                password: Some(user.password.clone()),
                roles: Some(user.roles.clone()),
                department: user.department.clone(),
                ..UserChange::default()
            };
            self.create_user(&operator, change, true).await?;
            made += 1;
        }
        self.link_people(&operator, &departments, &users).await?;
        Ok(made)
    }

    /// Superiors, heads and parents, once everybody is there.
    async fn link_people(
        &self,
        operator: &Caller,
        departments: &[SampleDepartment],
        users: &[SampleUser],
    ) -> Result<(), Error> {
        let directory = self.directory().await?;
        for user in users.iter().filter(|user| user.manager.is_some()) {
            let Some(stored) = directory.by_login(&user.login) else { continue };
            let change = UserChange { manager: user.manager.clone(), ..UserChange::default() };
            self.update_user(operator, stored.id, change).await?;
        }
        for found in departments.iter().filter(|found| found.parent.is_some() || found.head.is_some()) {
            let Some(stored) = directory.departments.values().find(|stored| stored.key == found.key) else {
                continue;
            };
            let change = DepartmentChange {
                parent: found.parent.clone(),
                head: found.head.clone(),
                ..DepartmentChange::default()
            };
            self.save_department(operator, Some(stored.id), change).await?;
        }
        Ok(())
    }

    async fn remember_template(
        &self,
        caller: &Caller,
        manifest: &ManifestDef,
        done: &Installed,
    ) -> Result<(), Error> {
        let mut tx = self.0.store.begin().await?;
        if tx.setting("title").await?.is_none() {
            tx.save_setting("title", &json!(manifest.title)).await?;
        }
        let installed = json!({ "version": manifest.version, "title": manifest.title });
        tx.save_setting(&format!("template:{}", manifest.key), &installed).await?;
        let told = Note::new("template", "installed", caller, self.0.clock.now());
        let told = told.detail("key", manifest.key.as_str()).detail("version", manifest.version.as_str());
        let told = told.detail("release", done.release).detail("records", done.records);
        note(&mut tx, told.detail("users", done.users)).await?;
        Ok(tx.commit().await?)
    }
}

/// What belongs into a release: everything but data and what people read beside it.
pub(crate) fn is_definition(path: &str) -> bool {
    !path.starts_with("data/") && !path.ends_with(".md")
}

pub(crate) fn manifest_of(template: &Folder) -> Result<ManifestDef, Error> {
    let text =
        template.get("manifest.json").ok_or_else(|| Error::BadFile("there is no manifest.json".into()))?;
    serde_json::from_str(text).map_err(|error| Error::BadFile(format!("manifest.json: {error}")))
}

fn json_file<T: for<'de> Deserialize<'de>>(template: &Folder, path: &str) -> Result<Vec<T>, Error> {
    let Some(text) = template.get(path) else { return Ok(Vec::new()) };
    serde_json::from_str(text).map_err(|error| Error::BadFile(format!("{path}: {error}")))
}
