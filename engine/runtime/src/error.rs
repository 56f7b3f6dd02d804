//! Refusals and failures. Turned into HTTP in one place: `server::problem`.

use kezhi_types::{Diagnostic, Id, Violations};

/// Why the runtime refused or could not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has been published or installed yet.
    #[error("nothing has been published yet")]
    NoRelease,

    /// There is no such entity in the live release, or the caller may not know of it.
    #[error("there is no entity `{0}`")]
    UnknownEntity(String),

    /// There is no such thing, or the caller may not know of it.
    #[error("there is no {kind} `{key}`")]
    NotFound {
        /// `record`, `form`, `task`, `run`, `release` …
        kind: &'static str,
        /// What was asked for.
        key: String,
    },

    /// The record was merged into another one, and the caller may read both.
    #[error("the record {id} was merged into {into}")]
    Merged {
        /// What was asked for.
        id: Id,
        /// The record that lives.
        into: Id,
    },

    /// The caller lacks a right.
    #[error("the caller may not {action} `{subject}`")]
    Denied {
        /// The action or the `may`.
        action: String,
        /// The entity or thing.
        subject: String,
    },

    /// Nobody is signed in, or not any more.
    #[error("nobody is signed in")]
    Unauthenticated,

    /// Login and password do not belong together.
    #[error("login and password do not belong together")]
    WrongPassword,

    /// Whoever asks is not let in, or not to this: another network, a wrong code, a proof that is too old.
    #[error("not let in: {0}")]
    AtDoor(&'static str),

    /// Too many attempts; how many seconds to wait.
    #[error("too many attempts")]
    TooMany {
        /// Seconds until the next attempt.
        retry_after: u64,
    },

    /// Somebody did something that costs much too often within an hour.
    #[error("too often within an hour")]
    TooOften {
        /// `export.too_many`.
        code: &'static str,
        /// How often it may be done.
        most: u32,
        /// Seconds until it may be tried again.
        retry_after: u64,
    },

    /// The input is wrong.
    #[error("the input has {} problem(s)", .0.len())]
    Invalid(Violations),

    /// The question is wrong: an unknown field in `where`, a broken cursor.
    #[error("the question is wrong: {code}")]
    Query {
        /// `query.unknown_field`, `query.cursor` …; its sentence is in `types::text`.
        code: &'static str,
        /// What fills the sentence.
        args: kezhi_types::Fields,
        /// 400 for what cannot be read, 422 for what cannot be answered.
        unreadable: bool,
    },

    /// Somebody saved in between. Carries the record as the caller may see it, so that a form can offer a merge.
    #[error("the record has changed: the change was made to version {given}")]
    Stale {
        /// As it is stored now.
        stored: Box<kezhi_types::Fields>,
        /// The version that the change was made to.
        given: i64,
    },

    /// The state of things does not allow it: a task that is closed, a record in approval.
    #[error("{detail}")]
    Conflict {
        /// `task.closed`, `record.in_approval`, `record.referenced`, `draft.needs_confirm` …
        code: &'static str,
        /// What is in the way.
        detail: String,
        /// Data for the client: the task as it is now, the run, the steps to confirm.
        data: serde_json::Value,
    },

    /// Somebody else has changed a file of the draft.
    #[error("{detail}")]
    DraftStale {
        /// What has happened.
        detail: String,
        /// `{base, theirs, ours}`.
        data: serde_json::Value,
    },

    /// A definition is wrong.
    #[error("the definitions have {} finding(s)", .0.len())]
    Definitions(Vec<Diagnostic>),

    /// Another release has become live since the plan was taken; the work is done again under that one.
    #[error("release {live} has become live in between")]
    Superseded {
        /// Its number.
        live: i64,
    },

    /// The file cannot be read as what it claims to be.
    #[error("{0}")]
    BadFile(String),

    /// A script failed, ran over its budget or took its process with it.
    #[error("a script failed: {0}")]
    Script(String),

    /// A script must judge first, outside of the transaction; the work is then done again.
    #[error("a script has not judged yet")]
    Unjudged,

    /// No script can run at present: its process could not be started. The script is not at fault; trying again may help.
    #[error("no script can run at present: {0}")]
    NoScripts(String),

    /// A file is not taken, or cannot be given.
    #[error("a file: {code}")]
    File {
        /// `file.too_large`, `file.type_mismatch`, …; its sentence is in `types::text`.
        code: &'static str,
        /// What fills the sentence.
        args: kezhi_types::Fields,
    },

    /// A call was not made, or came to nothing.
    #[error("a call: {code}")]
    Outbound {
        /// `outbound.inside`, `outbound.timeout`, …; its sentence is in `types::text`.
        code: &'static str,
        /// What fills the sentence.
        args: kezhi_types::Fields,
    },

    /// A sealed value cannot be opened, or a new one not sealed: its key is not here, or it was altered.
    #[error("{detail}")]
    Secret {
        /// `secret.key`, `secret.damaged`.
        code: &'static str,
        /// For the log: what is missing where. Holds no key and no value.
        detail: String,
    },

    /// The store is unavailable or refused.
    #[error(transparent)]
    Store(#[from] kezhi_store::Error),

    /// Our own fault.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// There is no record with this id, or the caller may not know of it.
    pub fn no_record(id: Id) -> Self {
        Self::NotFound { kind: "record", key: id.to_string() }
    }

    /// A file is not taken, or cannot be given.
    pub fn file(code: &'static str) -> Self {
        Self::File { code, args: kezhi_types::Fields::new() }
    }

    /// Adds a value for the sentence of a file's refusal; others stay as they are.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        if let Self::File { args, .. } = &mut self {
            args.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The caller may not do `action` to records of the entity.
    pub fn denied(action: impl Into<String>, subject: impl Into<String>) -> Self {
        Self::Denied { action: action.into(), subject: subject.into() }
    }
}

impl From<kezhi_plan::access::Denied> for Error {
    fn from(denied: kezhi_plan::access::Denied) -> Self {
        Self::denied(denied.action.to_string(), denied.entity)
    }
}

impl From<kezhi_plan::query::QueryError> for Error {
    fn from(error: kezhi_plan::query::QueryError) -> Self {
        Self::Query { code: error.code, args: error.args, unreadable: error.status == 400 }
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}
