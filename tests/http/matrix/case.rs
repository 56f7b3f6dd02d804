//! One case of the matrix: who asks what, and what the policy says must come of it.

use axum::http::Method;

use super::policy::{Policy, Row};
use super::stage::{Carries, Told};

/// What the status must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Is(u16),
    /// Refused for what was asked, not by a failure: 400 to 499.
    Refused,
    /// The gate lets through; what comes of it is the business of other tests: neither 401, 403 nor a failure.
    Through,
    /// Anything but a failure.
    Answered,
}

/// What must hold of the answer besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    /// The text stands in the answer, or does not.
    Says(String, bool),
    /// A member has this value, or is not there, and then its value stands nowhere.
    Member {
        key: &'static str,
        is: Option<String>,
        never: String,
    },
    /// So many items.
    Items(usize),
    /// The field of the first item.
    FirstField(&'static str),
    /// The statuses of the results.
    Results(Vec<u16>),
    /// The first violation.
    Violation(&'static str),
}

/// One case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub actor: &'static str,
    /// The route as it stands in the table: `get /api/users/{id}`.
    pub route: String,
    pub row: Option<Row>,
    pub field: Option<&'static str>,
    pub method: Method,
    pub path: String,
    pub carries: Carries,
    pub status: Status,
    /// The code of a refusal.
    pub code: Option<&'static str>,
    pub holds: Holds,
    /// Whether it changes something; those come after all that only ask.
    pub changes: bool,
}

impl Case {
    /// A case that expects nothing yet but an answer.
    pub(super) fn of(policy: &Policy, route: &str, (method, path): (Method, String)) -> Self {
        Self {
            actor: policy.actor,
            route: route.to_owned(),
            row: None,
            field: None,
            method,
            path,
            carries: Carries::Nothing,
            status: Status::Answered,
            code: None,
            holds: Holds::Nothing,
            changes: false,
        }
    }

    pub(super) fn on(mut self, row: Row) -> Self {
        self.row = Some(row);
        self
    }

    pub(super) fn of_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    pub(super) fn with(mut self, carries: Carries) -> Self {
        self.carries = carries;
        self
    }

    pub(super) fn is(mut self, status: u16) -> Self {
        self.status = Status::Is(status);
        self
    }

    pub(super) fn stands(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    pub(super) fn refused(mut self, (status, code): (u16, &'static str)) -> Self {
        (self.status, self.code, self.holds) = (Status::Is(status), Some(code), Holds::Nothing);
        self
    }

    pub(super) fn holding(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }

    pub(super) fn changing(mut self) -> Self {
        self.changes = true;
        self
    }

    /// What is wrong with an answer; nothing where it is as the policy says.
    pub(super) fn judge(&self, told: &Told) -> Option<String> {
        let wrong =
            self.status_wrong(told).or_else(|| self.code_wrong(told)).or_else(|| self.holds_wrong(told))?;
        let row = self.row.map_or("-", Row::name);
        let field = self.field.unwrap_or("-");
        let said: String = told.text.chars().take(300).collect();
        Some(format!(
            "role {}, {}, row {row}, field {field} ({} {}): {wrong}; got {} {said}",
            self.actor, self.route, self.method, self.path, told.status
        ))
    }

    fn status_wrong(&self, told: &Told) -> Option<String> {
        let fits = match self.status {
            Status::Is(status) => told.status == status,
            Status::Refused => (400..500).contains(&told.status),
            Status::Through => told.status < 500 && !matches!(told.status, 401 | 403),
            Status::Answered => told.status < 500,
        };
        (!fits).then(|| format!("expected {:?} {}", self.status, self.code.unwrap_or_default()))
    }

    fn code_wrong(&self, told: &Told) -> Option<String> {
        let code = self.code?;
        (told.code() != code).then(|| format!("expected the code {code}"))
    }

    fn holds_wrong(&self, told: &Told) -> Option<String> {
        match &self.holds {
            Holds::Nothing => None,
            Holds::Says(text, says) => {
                let stands = told.text.contains(text.as_str());
                let how = if *says { "to stand" } else { "not to stand" };
                (stands != *says).then(|| format!("expected {text} {how} there"))
            }
            Holds::Member { key, is, never } => {
                let member = told.json[*key].as_str().map(str::to_owned);
                let leaks = is.as_ref() != Some(never) && told.text.contains(never.as_str());
                (member != *is || leaks).then(|| format!("expected {key} {is:?}"))
            }
            Holds::Items(many) => {
                let found = told.json["items"].as_array().map(Vec::len);
                (found != Some(*many)).then(|| format!("expected {many} items"))
            }
            Holds::FirstField(right) => {
                let found = told.json["items"][0]["field"].as_str();
                (found != Some(right)).then(|| format!("expected the right {right}"))
            }
            Holds::Results(wanted) => {
                let found: Vec<u16> = told.json["results"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|result| u16::try_from(result["status"].as_u64()?).ok())
                    .collect();
                (found != *wanted).then(|| format!("expected the results {wanted:?}"))
            }
            Holds::Violation(code) => {
                let found = told.json["violations"][0]["code"].as_str();
                (found != Some(code)).then(|| format!("expected the violation {code}"))
            }
        }
    }
}
