//! The first administrator of an empty workspace.

use kezhi_types::{Caller, CallerKind, Id};
use serde::Deserialize;
use serde_json::json;

use super::view::UserChange;
use crate::error::Error;
use crate::runtime::Runtime;

/// What the first start asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names are the documentation; the contract has them")]
pub struct Setup {
    pub title: String,
    pub login: String,
    pub password: String,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub template: Option<String>,
}

impl Runtime {
    /// Whether the workspace has no account yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.directory().await?.users.is_empty())
    }

    /// Makes the first administrator. Signs nobody in. A template is installed by the caller afterwards.
    ///
    /// # Errors
    /// Not found once there is an account; the password's violations.
    pub async fn set_up(&self, setup: Setup) -> Result<(), Error> {
        if !self.is_empty().await? {
            return Err(Error::NotFound { kind: "page", key: "setup".into() });
        }
        let operator = operator();
        let change = UserChange {
            login: Some(setup.login),
            email: setup.email,
            password: Some(setup.password),
            roles: Some(vec!["admin".into()]),
            ..UserChange::default()
        };
        self.create_user(&operator, change, false).await?;
        let mut tx = self.0.store.begin().await?;
        tx.save_setting("title", &json!(setup.title)).await?;
        Ok(tx.commit().await?)
    }
}

/// Whoever holds the machine.
pub fn operator() -> Caller {
    Caller { kind: CallerKind::Operator, id: Id::SYSTEM, ..Caller::system("operator") }
}
