//! Who is asking, with everything that permission needs to know about them.

use serde::{Deserialize, Serialize};

use crate::id::Id;
use crate::share;
use crate::text::Language;
use crate::time::Timestamp;

/// How long a proof of who somebody is counts as recent, in milliseconds: 10 minutes.
pub const PROOF: i64 = 10 * 60_000;

/// What sort of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// A signed-in person.
    Person,
    /// The engine on behalf of a workflow or a template: full rights, every rule.
    System,
    /// Whoever holds the machine: the command line.
    Operator,
}

/// What an API token leaves of its owner's rights, besides the roles that it keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// The token.
    pub token: Id,
    /// Nothing is changed through it.
    pub read_only: bool,
    /// The entities that it reaches; `None` for all that its roles reach.
    pub entities: Option<Vec<String>>,
}

/// Who is asking. Built once a request, so that one request sees one set of rights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// The person's identifier, or [`Id::SYSTEM`].
    pub id: Id,
    /// The name shown in history.
    pub name: String,
    /// What sort of caller it is.
    pub kind: CallerKind,
    /// Keys of the roles held; `admin` is built in.
    pub roles: Vec<String>,
    /// The person's department.
    pub department: Option<Id>,
    /// The department and all below it.
    #[serde(default)]
    pub departments_below: Vec<Id>,
    /// People of the caller's teams, the caller included.
    #[serde(default)]
    pub team: Vec<Id>,
    /// What shares call the caller, roles apart; see [`crate::share`].
    #[serde(default)]
    pub named: Vec<String>,
    /// Entities of which records have been shared, one by one, with somebody that the caller is.
    #[serde(default)]
    pub shared: Vec<String>,
    /// What an API token leaves of the caller's rights; `None` for whoever signed in.
    #[serde(default)]
    pub narrowed: Option<Narrowing>,
    /// The language of sentences.
    #[serde(default)]
    pub language: Language,
    /// When the person last proved who they are in this session; none where they ask without one.
    #[serde(skip)]
    pub proved_at: Option<Timestamp>,
}

impl Caller {
    /// The engine itself, named as history shall show it: `workflow new_customer, release 7`.
    pub fn system(name: impl Into<String>) -> Self {
        Self {
            id: Id::SYSTEM,
            name: name.into(),
            kind: CallerKind::System,
            roles: Vec::new(),
            department: None,
            departments_below: Vec::new(),
            team: Vec::new(),
            named: Vec::new(),
            shared: Vec::new(),
            narrowed: None,
            language: Language::default(),
            proved_at: None,
        }
    }

    /// Whether the caller has proved who they are within the last 10 minutes, as roles, tokens, keys and exports of
    /// sensitive data demand. The engine and the operator need not.
    pub fn recently_proved(&self, now: Timestamp) -> bool {
        self.kind != CallerKind::Person || self.proved_at.is_some_and(|at| now.0 - at.0 < PROOF)
    }

    /// Whether every permission is granted without a role: system, operator and administrators.
    pub fn is_unlimited(&self) -> bool {
        self.kind != CallerKind::Person || self.roles.iter().any(|role| role == "admin")
    }

    /// Everything that a share may call the caller.
    pub fn subjects(&self) -> Vec<String> {
        self.named.iter().cloned().chain(self.roles.iter().map(|role| share::role(role))).collect()
    }

    /// Whether a share with this subject reaches the caller.
    pub fn is_called(&self, subject: &str) -> bool {
        let by_role =
            || subject.strip_prefix("role:").is_some_and(|key| self.roles.iter().any(|role| role == key));
        self.named.iter().any(|name| name == subject) || by_role()
    }
}
