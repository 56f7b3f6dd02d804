//! Making and changing accounts.

use kezhi_store::{Tx, User};
use kezhi_types::{Caller, Id, Timestamp, Violation, Violations};

use super::directory::{Directory, is_login};
use super::guard::MANAGE;
use super::password;
use super::told::told_of_user;
use super::view::{UserChange, UserView};
use crate::audit::note;
use crate::error::Error;
use crate::runtime::Runtime;

/// The longest name, in characters.
const NAME: usize = 100;

impl Runtime {
    /// Makes an account. A password given by an administrator is valid as it is; without one, a link is made for the person
    /// to choose it ([`Runtime::make_link`]).
    ///
    /// # Errors
    /// Denied; `user.login` when the login is missing or taken; unknown roles, department, position, team or manager.
    pub async fn create_user(
        &self,
        caller: &Caller,
        change: UserChange,
        demo: bool,
    ) -> Result<UserView, Error> {
        self.require(caller, MANAGE)?;
        let blank = blank(change.login.as_deref().unwrap_or_default(), self.0.clock.now(), demo);
        let hash = self.new_password(caller, &blank, (&change, demo)).await?;
        let directory = self.directory().await?;
        let mut user = self.changed_user(caller, &directory, blank, &change)?;
        user.password = hash;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        self.put_user(&mut tx, &user).await?;
        join_teams(&mut tx, (&directory, user.id), &change).await?;
        note(&mut tx, told_of_user(("created", caller, self.0.clock.now()), None, &user)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(UserView::whole(&*self.directory().await?, &user))
    }

    /// Changes an account. Freezing it ends its sessions and takes its links back.
    ///
    /// # Errors
    /// As for making one; `user.last_administrator` when nobody would be left who may manage users.
    pub async fn update_user(&self, caller: &Caller, id: Id, change: UserChange) -> Result<UserView, Error> {
        if caller.id != id || change.is_for_managers() {
            self.require(caller, MANAGE)?;
        }
        if caller.id == id && caller.narrowed.is_some() {
            // One's own account is not for programs.
            return Err(Error::denied("update", "user"));
        }
        let known = self.0.store.reader().user(id).await?.ok_or_else(|| not_found("user", id))?;
        let must_choose = caller.id == id && known.must_change;
        if change.password.is_some() && !must_choose {
            self.require_proof(caller)?;
        }
        let hash = self.new_password(caller, &known, (&change, false)).await?;
        let directory = self.directory().await?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let stored = tx.user(id).await?.ok_or_else(|| not_found("user", id))?;
        if change.changes_keys() {
            self.may_hold_keys_of(caller, &stored)?;
        }
        let mut user = self.changed_user(caller, &directory, stored.clone(), &change)?;
        if hash.is_some() {
            // With a password of its own a demo account is an account like any other.
            (user.password, user.must_change, user.demo) = (hash, change.must_change.unwrap_or(false), false);
        }
        self.put_user(&mut tx, &user).await?;
        join_teams(&mut tx, (&directory, id), &change).await?;
        self.keep_an_administrator(&mut tx, &stored).await?;
        note(&mut tx, told_of_user(("changed", caller, self.0.clock.now()), Some(&stored), &user)).await?;
        if !user.active || user.password != stored.password {
            self.sign_out_everywhere(&mut tx, id).await?;
            tx.delete_account_links_of(id).await?;
        } else if user.email != stored.email || user.login != stored.login {
            // A link that went to the old address opens nothing any more.
            tx.delete_account_links_of(id).await?;
        }
        tx.commit().await?;
        self.forget_people();
        let view = UserView::whole(&*self.directory().await?, &user);
        let whole = self.require(caller, MANAGE).is_ok() || caller.id == id;
        Ok(if whole { view } else { view.for_colleagues() })
    }

    pub(crate) fn forget_people(&self) {
        self.0.directory.forget();
        self.0.sessions.forget();
    }

    /// Stores an account whose login, and name in a directory, nobody else has.
    pub(crate) async fn put_user(&self, tx: &mut Tx, user: &User) -> Result<(), Error> {
        if tx.user_by_login(&user.login).await?.is_some_and(|other| other.id != user.id) {
            return Err(invalid("user.login_taken", "/login", &user.login));
        }
        match tx.save_user(user).await {
            Err(kezhi_store::Error::NotUnique { .. }) => {
                let taken = user.external_id.as_ref().unwrap_or(&user.login);
                Err(invalid("user.login_taken", "/login", taken))
            }
            stored => Ok(stored?),
        }
    }

    /// The hash of a password that was sent; nothing where none was.
    async fn new_password(
        &self,
        caller: &Caller,
        user: &User,
        (change, demo): (&UserChange, bool),
    ) -> Result<Option<String>, Error> {
        let Some(given) = &change.password else { return Ok(None) };
        if !demo {
            let address = user.email.as_deref().unwrap_or_default();
            password::check(given, &[&user.login, &user.name, address])?;
        }
        let own = caller.id == user.id && user.must_change;
        if own && password::matches(given, user.password.clone()).await? {
            return Err(Violations::from(Violation::new("password.same", "/password")).into());
        }
        password::hash(given).await.map(Some)
    }

    /// An account with everything changed but the password and its teams.
    pub(crate) fn changed_user(
        &self,
        caller: &Caller,
        directory: &Directory,
        mut user: User,
        change: &UserChange,
    ) -> Result<User, Error> {
        let before = user.clone();
        identify(&mut user, change)?;
        let is_known = directory.users.contains_key(&user.id);
        if is_known && (user.login != before.login || user.email != before.email) {
            // What opens the account, and where letters about that go.
            self.require_proof(caller)?;
        }
        if let Some(roles) = &change.roles {
            let mut roles = roles.clone();
            roles.dedup();
            self.check_roles(caller, (&user.roles, &roles))?;
            self.keep_duties_apart(&roles)?;
            if roles != user.roles {
                self.require_proof(caller)?;
            }
            user.roles = roles;
        }
        if let Some(department) = &change.department {
            user.department = directory.department_named(department, "/department")?;
        }
        if let Some(position) = &change.position {
            user.position = directory.position_named(position)?;
        }
        if let Some(manager) = &change.manager {
            user.manager = directory.user_named(manager, "/manager")?.filter(|id| *id != user.id);
        }
        user.language = change.language.or(user.language);
        user.must_change = change.must_change.unwrap_or(user.must_change);
        user.external_id = change.external_id.clone().or(user.external_id);
        self.settle_standing(&mut user, change);
        if before.active != user.active {
            self.may_stop(caller, &before)?;
        }
        self.keep_reach(caller, directory, (is_known.then_some(&before), &user))?;
        if let Some(teams) = &change.teams {
            self.keep_reach_of_teams(caller, directory, (user.id, teams))?;
        }
        Ok(user)
    }

    /// Whether they are active, frozen or gone. Whoever comes back does their own work again.
    fn settle_standing(&self, user: &mut User, change: &UserChange) {
        user.active = change.active.unwrap_or(user.active);
        if change.left == Some(true) {
            user.active = false;
            user.left_at = user.left_at.or(Some(self.0.clock.now()));
        }
        if user.active || change.left == Some(false) {
            user.left_at = None;
        }
        if user.active {
            user.successor = None;
        }
    }
}

/// An account that nobody has filled in.
pub(crate) fn blank(login: &str, now: Timestamp, demo: bool) -> User {
    User {
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
        position: None,
        external_id: None,
        successor: None,
        left_at: None,
    }
}

/// Login, name and address.
fn identify(user: &mut User, change: &UserChange) -> Result<(), Error> {
    if let Some(login) = &change.login {
        login.trim().clone_into(&mut user.login);
    }
    if !is_login(&user.login) {
        return Err(invalid("user.login", "/login", &user.login));
    }
    if let Some(name) = &change.name {
        let name = name.trim();
        if !(1..=NAME).contains(&name.chars().count()) || name.contains(char::is_control) {
            let wrong = Violation::new("user.name", "/name").with("value", name).with("max", NAME);
            return Err(Violations::from(wrong).into());
        }
        name.clone_into(&mut user.name);
    }
    if let Some(email) = &change.email {
        let email = email.trim();
        if !email.is_empty() && !kezhi_plan::kind::is_email(email) {
            return Err(invalid("user.email", "/email", email));
        }
        user.email = Some(email.to_owned()).filter(|email| !email.is_empty());
    }
    Ok(())
}

/// Makes a person a member of the teams that were named, and of no other.
pub(crate) async fn join_teams(
    tx: &mut Tx,
    (directory, person): (&Directory, Id),
    change: &UserChange,
) -> Result<(), Error> {
    let Some(named) = &change.teams else { return Ok(()) };
    let wanted = named.iter().map(|name| directory.team_named(name));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    for mut team in tx.teams().await? {
        let (is, shall) = (team.members.contains(&person), wanted.contains(&team.id));
        if is == shall {
            continue;
        }
        team.members.retain(|member| *member != person);
        team.members.extend(shall.then_some(person));
        tx.save_team(&team).await?;
    }
    Ok(())
}

pub(super) fn invalid(code: &str, pointer: &str, value: &str) -> Error {
    Violations::from(Violation::new(code, pointer).with("value", value)).into()
}

pub(crate) fn not_found(kind: &'static str, id: Id) -> Error {
    Error::NotFound { kind, key: id.to_string() }
}
