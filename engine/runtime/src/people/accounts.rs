//! Making and changing accounts and departments.

use kezhi_plan::access;
use kezhi_store::{Department, Tx, User};
use kezhi_types::text::Language;
use kezhi_types::{Caller, Id, Violation, Violations};
use serde::{Deserialize, Serialize};

use super::directory::is_login;
use super::password;
use crate::error::Error;
use crate::runtime::Runtime;

/// What is to be known or changed of an account; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation; the contract has them")]
pub struct UserChange {
    pub login: Option<String>,
    pub name: Option<String>,
    /// Where they get mail; empty clears.
    pub email: Option<String>,
    pub password: Option<String>,
    pub must_change: Option<bool>,
    pub roles: Option<Vec<String>>,
    /// Id or key of a department; empty clears.
    pub department: Option<String>,
    /// Id or login of the superior; empty clears.
    pub manager: Option<String>,
    pub language: Option<Language>,
    pub active: Option<bool>,
}

/// An account as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation; the contract has them")]
pub struct UserView {
    pub id: Id,
    pub login: String,
    pub name: String,
    /// For those who manage people, and for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub roles: Vec<String>,
    pub department: Option<Id>,
    pub manager: Option<Id>,
    pub language: Option<Language>,
    pub active: bool,
    pub must_change: bool,
}

/// What is to be known or changed of a department; absent members stay.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct DepartmentChange {
    pub key: Option<String>,
    pub title: Option<String>,
    /// Id or key of the department above; empty clears.
    pub parent: Option<String>,
    /// Id or login of the head; empty clears.
    pub head: Option<String>,
}

/// A department as others see it.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct DepartmentView {
    pub id: Id,
    pub key: String,
    pub title: String,
    pub parent: Option<Id>,
    pub head: Option<Id>,
}

impl UserChange {
    /// Whether it changes more than what people may change of themselves: name, address, language, password.
    fn is_for_managers(&self) -> bool {
        let Self { login, must_change, roles, department, manager, active, .. } = self;
        login.is_some()
            || must_change.is_some()
            || roles.is_some()
            || department.is_some()
            || manager.is_some()
            || active.is_some()
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            login: user.login.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            roles: user.roles.clone(),
            department: user.department,
            manager: user.manager,
            language: user.language,
            active: user.active,
            must_change: user.must_change,
        }
    }
}

impl From<&Department> for DepartmentView {
    fn from(found: &Department) -> Self {
        Self {
            id: found.id,
            key: found.key.clone(),
            title: found.title.clone(),
            parent: found.parent,
            head: found.head,
        }
    }
}

impl Runtime {
    /// Makes an account. A password given by an administrator is valid as it is.
    ///
    /// # Errors
    /// Denied; `user.login` when the login is missing or taken; unknown roles, department or manager.
    pub async fn create_user(
        &self,
        caller: &Caller,
        change: UserChange,
        demo: bool,
    ) -> Result<UserView, Error> {
        self.require(caller, "manage_users")?;
        let login = change.login.clone().unwrap_or_default();
        if !is_login(login.trim()) {
            return Err(invalid("user.login", "/login", &login));
        }
        let now = self.0.clock.now();
        let blank = User {
            id: Id::new(now),
            login: login.trim().to_owned(),
            name: login.trim().to_owned(),
            email: None,
            password: None,
            must_change: false,
            roles: Vec::new(),
            department: None,
            manager: None,
            language: None,
            active: true,
            demo,
            created_at: now,
        };
        let user = self.changed_user(caller, blank, change, demo).await?;
        let mut tx = self.0.store.begin().await?;
        if tx.user_by_login(&user.login).await?.is_some() {
            return Err(invalid("user.login_taken", "/login", &user.login));
        }
        tx.save_user(&user).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(UserView::from(&user))
    }

    /// Changes an account. Disabling it ends its sessions.
    ///
    /// # Errors
    /// As for making one; `user.last_administrator` when nobody would be left who may manage users.
    pub async fn update_user(&self, caller: &Caller, id: Id, change: UserChange) -> Result<UserView, Error> {
        if caller.id != id || change.is_for_managers() {
            self.require(caller, "manage_users")?;
        }
        let stored = self.0.store.reader().user(id).await?.ok_or_else(|| not_found("user", id))?;
        if change.password.is_some() && !stored.must_change {
            self.require_proof(caller)?;
        }
        let user = self.changed_user(caller, stored.clone(), change, false).await?;
        let mut tx = self.0.store.begin().await?;
        tx.save_user(&user).await?;
        self.keep_an_administrator(&mut tx, &stored).await?;
        if !user.active || user.password != stored.password {
            self.sign_out_everywhere(&mut tx, id).await?;
        }
        tx.commit().await?;
        self.forget_people();
        Ok(UserView::from(&user))
    }

    /// Everybody, by login, for choosing people; addresses for those with `manage_users`.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_users(&self, caller: &Caller) -> Result<Vec<UserView>, Error> {
        let directory = self.directory().await?;
        let mut users: Vec<UserView> =
            directory.users.values().map(|user| self.user_seen_by(caller, user)).collect();
        users.sort_by(|a, b| a.login.cmp(&b.login));
        Ok(users)
    }

    fn user_seen_by(&self, caller: &Caller, user: &User) -> UserView {
        let all = caller.id == user.id || self.require(caller, "manage_users").is_ok();
        let view = UserView::from(user);
        if all { view } else { UserView { email: None, ..view } }
    }

    /// One account.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_user(&self, caller: &Caller, id: Id) -> Result<UserView, Error> {
        let directory = self.directory().await?;
        let user = directory.users.get(&id).ok_or_else(|| not_found("user", id))?;
        Ok(self.user_seen_by(caller, user))
    }

    /// Every department, by key.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_departments(&self) -> Result<Vec<DepartmentView>, Error> {
        Ok(self.directory().await?.departments.values().map(DepartmentView::from).collect())
    }

    /// Makes (`id` is `None`) or changes a department.
    ///
    /// # Errors
    /// Denied; a missing or taken key; a parent that lies below.
    pub async fn save_department(
        &self,
        caller: &Caller,
        id: Option<Id>,
        change: DepartmentChange,
    ) -> Result<DepartmentView, Error> {
        self.require(caller, "manage_users")?;
        let directory = self.directory().await?;
        let stored =
            id.map(|id| directory.departments.get(&id).cloned().ok_or_else(|| not_found("department", id)));
        let blank = Department {
            id: Id::new(self.0.clock.now()),
            key: String::new(),
            title: String::new(),
            parent: None,
            head: None,
            demo: false,
        };
        let mut found = stored.transpose()?.unwrap_or(blank);
        found.key = change.key.unwrap_or(found.key);
        found.title = change.title.unwrap_or(found.title);
        if found.title.is_empty() {
            found.title = found.key.clone();
        }
        if let Some(parent) = change.parent {
            found.parent = self.department_named(&parent, "/parent").await?;
        }
        if let Some(head) = change.head {
            found.head = self.user_named(&head, "/head").await?;
        }
        let taken =
            directory.departments.values().any(|other| other.key == found.key && other.id != found.id);
        if found.key.is_empty() || taken {
            return Err(invalid("department.key", "/key", &found.key));
        }
        if found.parent.is_some_and(|parent| directory.below(found.id).contains(&parent)) {
            return Err(invalid("department.cycle", "/parent", &found.key));
        }
        let mut tx = self.0.store.begin().await?;
        tx.save_department(&found).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(DepartmentView::from(&found))
    }

    /// Refuses a caller whose roles do not carry `may`.
    pub(crate) fn require(&self, caller: &Caller, may: &str) -> Result<(), Error> {
        if caller.is_unlimited() || self.plan().is_ok_and(|plan| access::may(&plan, caller, may)) {
            return Ok(());
        }
        Err(Error::denied(may, "workspace"))
    }

    pub(crate) fn forget_people(&self) {
        self.0.directory.forget();
        self.0.sessions.forget();
    }

    async fn changed_user(
        &self,
        caller: &Caller,
        mut user: User,
        change: UserChange,
        demo: bool,
    ) -> Result<User, Error> {
        if let Some(given) = &change.password {
            if !demo {
                let address = user.email.as_deref().unwrap_or_default();
                password::check(given, &[&user.login, &user.name, address])?;
            }
            let own = caller.id == user.id && user.must_change;
            if own && password::matches(given, user.password.clone()).await? {
                return Err(Violations::from(Violation::new("password.same", "/password")).into());
            }
            self.require_as_much_as(caller, &user)?;
            user.password = Some(password::hash(given).await?);
            user.must_change = false;
            // With a password of its own a demo account is an account like any other.
            user.demo &= demo;
        }
        if let Some(roles) = change.roles {
            self.check_roles(caller, &roles)?;
            if roles != user.roles {
                self.require_proof(caller)?;
            }
            user.roles = roles;
        }
        if let Some(department) = change.department {
            user.department = self.department_named(&department, "/department").await?;
        }
        if let Some(manager) = change.manager {
            user.manager = self.user_named(&manager, "/manager").await?.filter(|id| *id != user.id);
        }
        if let Some(email) = change.email {
            // Letters that open an account go there.
            self.require_as_much_as(caller, &user)?;
            let email = email.trim().to_owned();
            if !email.is_empty() && !kezhi_plan::kind::is_email(&email) {
                return Err(invalid("user.email", "/email", &email));
            }
            user.email = Some(email).filter(|email| !email.is_empty());
        }
        user.name = change.name.unwrap_or(user.name);
        user.language = change.language.or(user.language);
        user.active = change.active.unwrap_or(user.active);
        user.must_change = change.must_change.unwrap_or(user.must_change);
        Ok(user)
    }

    /// Roles must exist, and nobody grants more than they hold unless they may manage roles.
    fn check_roles(&self, caller: &Caller, roles: &[String]) -> Result<(), Error> {
        let plan = self.plan().ok();
        for role in roles {
            let known = role == "admin" || plan.as_ref().is_some_and(|plan| plan.roles.contains_key(role));
            if !known {
                return Err(invalid("user.unknown_role", "/roles", role));
            }
            if !caller.roles.contains(role) {
                self.require(caller, "manage_roles")?;
            }
        }
        Ok(())
    }

    async fn department_named(&self, name: &str, pointer: &str) -> Result<Option<Id>, Error> {
        let directory = self.directory().await?;
        let found =
            directory.departments.values().find(|found| found.key == name || found.id.to_string() == name);
        match found {
            Some(found) => Ok(Some(found.id)),
            None if name.is_empty() => Ok(None),
            None => Err(invalid("user.unknown_department", pointer, name)),
        }
    }

    async fn user_named(&self, name: &str, pointer: &str) -> Result<Option<Id>, Error> {
        let directory = self.directory().await?;
        let found =
            directory.users.values().find(|found| found.login == name || found.id.to_string() == name);
        match found {
            Some(found) => Ok(Some(found.id)),
            None if name.is_empty() => Ok(None),
            None => Err(invalid("user.unknown_person", pointer, name)),
        }
    }

    /// No change of an administrator's account may leave nobody who can manage users. Where there has been none, as before
    /// the set-up, nothing is lost.
    async fn keep_an_administrator(&self, tx: &mut Tx, stored: &User) -> Result<(), Error> {
        let plan = self.plan().ok();
        let manages = |user: &User| {
            user.roles.iter().any(|role| {
                let held = plan.as_ref().and_then(|plan| plan.role_defs.get(role));
                role == "admin" || held.is_some_and(|role| role.may.iter().any(|may| may == "manage_users"))
            })
        };
        if !manages(stored) || tx.users().await?.iter().any(|user| user.active && manages(user)) {
            return Ok(());
        }
        Err(Error::Conflict {
            code: "user.last_administrator",
            detail: "nobody would be left who may manage users".into(),
            data: serde_json::Value::Null,
        })
    }
}

fn invalid(code: &str, pointer: &str, value: &str) -> Error {
    Violations::from(Violation::new(code, pointer).with("value", value)).into()
}

fn not_found(kind: &'static str, id: Id) -> Error {
    Error::NotFound { kind, key: id.to_string() }
}
