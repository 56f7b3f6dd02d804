//! Where a workspace may call, and a call that somebody tries before a workflow makes it.

use indexmap::IndexMap;
use kezhi_types::{Caller, Violation, Violations};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Error;
use crate::outbound::{Allowed, Call, PORTS, Refusal};
use crate::runtime::Runtime;

/// Under which the workspace keeps its list.
const SETTING: &str = "outbound";
/// Calls that a person may try within a minute.
const TRIES: u32 = 20;
/// How much of an answer is shown, in bytes.
const SHOWN: usize = 64 * 1024;

/// Where a workspace may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundSettings {
    /// Places of the company's own network that may be called: `erp.corp:8443`, `10.1.0.0/16`. Everything of the internet
    /// may be called anyway, on the usual ports.
    #[serde(default)]
    pub allowed: Vec<String>,
}

/// A call to try.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriedCall {
    /// Where to.
    pub url: String,
    /// `GET` when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Names and values.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// What is sent.
    #[serde(default)]
    pub body: String,
}

/// What a call was answered.
#[derive(Debug, Clone, Serialize)]
pub struct TriedReply {
    /// The status code; a redirection is not followed.
    pub status: u16,
    /// Names in lower case and values, as they came.
    pub headers: Vec<(String, String)>,
    /// Its first 64 KiB, as text.
    pub body: String,
    /// How many bytes it has.
    pub size: usize,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Outbound { code: refusal.code, args: refusal.args }
    }
}

impl Runtime {
    /// Where the workspace may call, with the ports that may be called anywhere.
    ///
    /// # Errors
    /// Denied to all but administrators; the store's.
    pub async fn outbound_settings(&self, caller: &Caller) -> Result<serde_json::Value, Error> {
        may_set(caller)?;
        let settings = self.kept_outbound().await?;
        Ok(json!({ "allowed": settings.allowed, "ports": PORTS }))
    }

    /// Says where the workspace may call.
    ///
    /// # Errors
    /// `outbound.entry` at the entry that is no place, or one that no workspace may open; denied to all but administrators.
    pub async fn save_outbound_settings(
        &self,
        caller: &Caller,
        settings: OutboundSettings,
    ) -> Result<serde_json::Value, Error> {
        may_set(caller)?;
        if let Err(at) = Allowed::by_workspace(&settings.allowed) {
            let entry = settings.allowed.get(at).cloned().unwrap_or_default();
            let found = Violation::new("outbound.entry", format!("/allowed/{at}")).with("entry", entry);
            return Err(Violations::from(found).into());
        }
        let mut tx = self.0.store.begin().await?;
        tx.save_setting(SETTING, &json!(settings)).await?;
        tx.commit().await?;
        self.outbound_settings(caller).await
    }

    /// Makes a call and tells the answer.
    ///
    /// # Errors
    /// Those of [`crate::outbound::Outbound::send`] as [`Error::Outbound`]; too often; denied to all but administrators.
    pub async fn try_call(&self, caller: &Caller, tried: TriedCall) -> Result<TriedReply, Error> {
        may_set(caller)?;
        let now = self.0.clock.now();
        let taken = self.0.tries.take(caller.id, TRIES, now).map_err(|refused| match refused {
            Error::TooMany { retry_after } => {
                Error::TooOften { code: "outbound.too_often", most: TRIES, retry_after }
            }
            other => other,
        })?;
        taken.keep();
        let call = Call {
            method: tried.method.unwrap_or_else(|| "GET".to_owned()),
            url: tried.url,
            headers: tried.headers.into_iter().collect(),
            body: tried.body.into_bytes(),
        };
        let reply = self.call_outside(call).await?;
        let shown = &reply.body[..reply.body.len().min(SHOWN)];
        Ok(TriedReply {
            status: reply.status,
            headers: reply.headers,
            body: String::from_utf8_lossy(shown).into_owned(),
            size: reply.body.len(),
        })
    }

    /// Makes a call to an address that people chose; everything that the workspace calls goes this way.
    pub(crate) async fn call_outside(&self, call: Call) -> Result<crate::outbound::Reply, Error> {
        let own = self.kept_outbound().await?.allowed;
        // What was allowed by an older engine and is no longer is not called.
        let own = Allowed::by_workspace(&own).unwrap_or_default();
        Ok(self.0.outbound.send(call, &own).await?)
    }

    async fn kept_outbound(&self) -> Result<OutboundSettings, Error> {
        let kept = self.0.store.reader().setting(SETTING).await?;
        Ok(kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default())
    }
}

fn may_set(caller: &Caller) -> Result<(), Error> {
    if caller.is_unlimited() { Ok(()) } else { Err(Error::denied("manage", "outbound")) }
}
