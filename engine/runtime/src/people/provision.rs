//! What a directory outside keeps up to date: people and teams, under a token that opens nothing else. A directory gives
//! nobody a role but those that its token was made with, sets no password, and changes neither login nor address of
//! people who may do more than work with records.

use kezhi_store::{DirectoryToken, User};
use kezhi_types::{Caller, Id, Timestamp, Violation, Violations};
use serde::{Deserialize, Serialize};

use super::accounts::{invalid, not_found};
use super::directory::Directory;
use super::guard::{GRANT, MANAGE, is_powerful};
use super::tokens::{hash, random_token};
use super::view::{TeamChange, TeamView, UserChange};
use crate::audit::{Note, note};
use crate::error::Error;
use crate::runtime::Runtime;

/// How old the note of the last use may be before it is renewed, in milliseconds.
const TOUCH: i64 = 3_600_000;
/// What every token begins with, so that whoever finds one knows what it is.
const MARK: &str = "kzd_";
/// The longest name of a directory, in characters.
const NAME: usize = 100;

/// What a new token is to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDirectoryToken {
    /// What people call the directory.
    pub name: String,
    /// Roles of the people that it makes; none where nothing is said.
    #[serde(default)]
    pub roles: Vec<String>,
    /// From when on it opens nothing; never where nothing is said.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A token as those see it who manage people.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct DirectoryTokenView {
    pub id: Id,
    pub name: String,
    pub roles: Vec<String>,
    /// Who made it; it is heard as long as they could make it again.
    pub created_by: Id,
    pub created_at: String,
    pub expires_at: Option<String>,
    pub used_at: Option<String>,
}

/// A token that was made; it is told once.
#[derive(Debug, Clone, Serialize)]
pub struct TokenMade {
    /// The token.
    pub token: String,
    /// What it is.
    #[serde(flatten)]
    pub view: DirectoryTokenView,
}

/// A directory that speaks under its token.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    roles: Vec<String>,
}

/// A person as a directory sees them.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub struct Provisioned {
    pub id: Id,
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    pub active: bool,
    /// Title of their department.
    pub department: Option<String>,
    pub manager: Option<Id>,
    pub external_id: Option<String>,
    pub created_at: Timestamp,
    /// Teams by id, with their titles.
    pub teams: Vec<(Id, String)>,
}

impl From<&DirectoryToken> for DirectoryTokenView {
    fn from(token: &DirectoryToken) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            roles: token.roles.clone(),
            created_by: token.created_by,
            created_at: token.created_at.to_string(),
            expires_at: token.expires_at.map(|at| at.to_string()),
            used_at: token.used_at.map(|at| at.to_string()),
        }
    }
}

impl Source {
    /// As history and logs shall name it. What it may do is what the verbs of this module do for it.
    fn caller(&self) -> Caller {
        Caller::system(format!("directory {}", self.name))
    }
}

impl Provisioned {
    fn of(directory: &Directory, user: &User) -> Self {
        let department = user.department.and_then(|id| directory.departments.get(&id));
        let teams = directory.teams.values().filter(|team| team.members.contains(&user.id));
        Self {
            id: user.id,
            login: user.login.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            active: user.active,
            department: department.map(|found| found.title.clone()),
            manager: user.manager,
            external_id: user.external_id.clone(),
            created_at: user.created_at,
            teams: teams.map(|team| (team.id, team.title.clone())).collect(),
        }
    }
}

impl Runtime {
    /// The tokens of directories.
    ///
    /// # Errors
    /// Denied without `manage_users`.
    pub async fn directory_tokens(&self, caller: &Caller) -> Result<Vec<DirectoryTokenView>, Error> {
        self.require(caller, MANAGE)?;
        Ok(self.0.store.reader().directory_tokens().await?.iter().map(DirectoryTokenView::from).collect())
    }

    /// Makes a token for a directory. It moves people between departments, teams and superiors, which by hand takes
    /// `manage_roles` where it concerns oneself: so does making it.
    ///
    /// # Errors
    /// Denied without `manage_users` and `manage_roles`; `session.prove_again`; unknown roles; an empty name.
    pub async fn make_directory_token(
        &self,
        caller: &Caller,
        new: NewDirectoryToken,
    ) -> Result<TokenMade, Error> {
        self.require(caller, MANAGE)?;
        self.require(caller, GRANT)?;
        self.check_roles(caller, (&[], &new.roles))?;
        self.require_proof(caller)?;
        let name = new.name.trim().to_owned();
        if !(1..=NAME).contains(&name.chars().count()) || name.contains(char::is_control) {
            let wrong = Violation::new("user.name", "/name").with("value", name).with("max", NAME);
            return Err(Violations::from(wrong).into());
        }
        let now = self.0.clock.unmoved();
        let secret = format!("{MARK}{}", random_token());
        let token = DirectoryToken {
            id: Id::new(now),
            name,
            token_hash: hash(&secret),
            roles: new.roles,
            created_by: caller.id,
            created_at: now,
            expires_at: new.expires_at,
            used_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        tx.insert_directory_token(&token).await?;
        let told = Note::new("directory_token", "created", caller, self.0.clock.now());
        note(&mut tx, told.detail("token", token.id.to_string()).detail("roles", token.roles.clone()))
            .await?;
        tx.commit().await?;
        Ok(TokenMade { token: secret, view: DirectoryTokenView::from(&token) })
    }

    /// Takes a token away.
    ///
    /// # Errors
    /// Denied; not found.
    pub async fn delete_directory_token(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        if !tx.delete_directory_token(id).await? {
            return Err(not_found("directory_token", id));
        }
        let told = Note::new("directory_token", "deleted", caller, self.0.clock.now());
        note(&mut tx, told.detail("token", id.to_string())).await?;
        Ok(tx.commit().await?)
    }

    /// The directory behind a token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where there is no such token any more, or whoever made it has left or could not make it
    /// now.
    pub async fn source_of(&self, secret: &str) -> Result<Source, Error> {
        let now = self.0.clock.unmoved();
        let token = self.0.store.reader().directory_token(&hash(secret)).await?;
        let token = token.filter(|token| token.expires_at.is_none_or(|end| end > now));
        let token = token.ok_or(Error::Unauthenticated)?;
        if !self.stands_for(token.created_by).await? {
            return Err(Error::Unauthenticated);
        }
        if token.used_at.is_none_or(|used| now.0 - used.0 > TOUCH) {
            let mut tx = self.0.store.begin().await?;
            tx.touch_directory_token(token.id, now).await?;
            tx.commit().await?;
        }
        Ok(Source { name: token.name, roles: token.roles })
    }

    /// Whether whoever made a directory's token could make it now; the operator always could.
    async fn stands_for(&self, maker: Id) -> Result<bool, Error> {
        if maker == Id::SYSTEM {
            return Ok(true);
        }
        let directory = self.directory().await?;
        let maker = directory.users.get(&maker).filter(|user| user.active).map(|user| directory.caller(user));
        let may = |maker: &Caller| [MANAGE, GRANT].iter().all(|right| self.require(maker, right).is_ok());
        Ok(maker.is_some_and(|maker| may(&maker)))
    }

    /// Everybody whom a directory knows or could know, by login: whoever left is not there for it.
    ///
    /// # Errors
    /// The store's.
    pub async fn provisioned_users(&self, _: &Source) -> Result<Vec<Provisioned>, Error> {
        let directory = self.directory().await?;
        let here = directory.users.values().filter(|user| user.left_at.is_none());
        let mut all: Vec<Provisioned> = here.map(|user| Provisioned::of(&directory, user)).collect();
        all.sort_by_key(|user| user.login.to_lowercase());
        Ok(all)
    }

    /// Makes (`id` is `None`) or changes a person for a directory. A department is named by its title or key.
    ///
    /// # Errors
    /// As [`Runtime::update_user`]; denied where login or address of somebody would change who may do more than work with
    /// records.
    pub async fn provision_user(
        &self,
        source: &Source,
        id: Option<Id>,
        mut change: UserChange,
    ) -> Result<Provisioned, Error> {
        let directory = self.directory().await?;
        if let Some(name) = change.department.as_deref().filter(|name| !name.is_empty()) {
            let mut all = directory.departments.values();
            let found = all.find(|found| found.title == name || found.key == name);
            let found = found.ok_or_else(|| invalid("user.unknown_department", "/department", name))?;
            change.department = Some(found.id.to_string());
        }
        let caller = source.caller();
        let Some(id) = id else {
            let plan = self.plan().ok();
            let known = |role: &&String| {
                *role == "admin" || plan.as_ref().is_some_and(|plan| plan.roles.contains_key(*role))
            };
            change.roles = Some(source.roles.iter().filter(known).cloned().collect());
            let made = self.create_user(&caller, change, false).await?;
            return self.provisioned(made.id).await;
        };
        let stored = directory.users.get(&id).filter(|user| user.left_at.is_none());
        let stored = stored.ok_or_else(|| not_found("user", id))?;
        let moves =
            |sent: &Option<String>, known: &str| sent.as_ref().is_some_and(|sent| sent.trim() != known);
        let takes_over = moves(&change.login, &stored.login)
            || moves(&change.email, stored.email.as_deref().unwrap_or_default());
        if takes_over && is_powerful(self.plan().ok().as_deref(), stored) {
            return Err(Error::denied("manage_roles", "workspace"));
        }
        self.update_user(&caller, id, change).await?;
        self.provisioned(id).await
    }

    async fn provisioned(&self, id: Id) -> Result<Provisioned, Error> {
        let directory = self.directory().await?;
        let user = directory.users.get(&id).ok_or_else(|| not_found("user", id))?;
        Ok(Provisioned::of(&directory, user))
    }

    /// Makes (`id` is `None`) or changes a team for a directory.
    ///
    /// # Errors
    /// As [`Runtime::save_team`].
    pub async fn provision_team(
        &self,
        source: &Source,
        id: Option<Id>,
        change: TeamChange,
    ) -> Result<TeamView, Error> {
        self.save_team(&source.caller(), id, change).await
    }

    /// Takes a team away for a directory.
    ///
    /// # Errors
    /// As [`Runtime::delete_team`].
    pub async fn unprovision_team(&self, source: &Source, id: Id) -> Result<(), Error> {
        self.delete_team(&source.caller(), id).await
    }
}
