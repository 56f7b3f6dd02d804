//! Over SMTP. An answer that was lost after the letter was handed over is uncertain, not failed.

use std::time::Duration;

use kezhi_plugin::{Receipt, SendError};
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

/// How long one answer of the server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server.
#[derive(Debug)]
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    place: String,
}

impl Smtp {
    pub fn open(url: &str) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| {
            format!("KEZHI_SMTP_URL is not an address such as smtps://user:password@host:465: {error}")
        })?;
        // Credentials stand before the `@` and are shown to nobody.
        let place = url.rsplit('@').next().unwrap_or_default().trim_start_matches("smtp://").to_owned();
        Ok(Self { transport: builder.timeout(Some(PATIENCE)).build(), place })
    }

    pub fn describe(&self) -> String {
        format!("smtp {}", self.place)
    }

    pub async fn send(&self, letter: Message) -> Result<Receipt, SendError> {
        match self.transport.send(letter).await {
            Ok(answer) => Ok(Receipt { id: answer.message().collect::<Vec<_>>().join(" ") }),
            Err(error) => Err(outcome(&error)),
        }
    }
}

fn outcome(error: &Error) -> SendError {
    let why = error.to_string();
    if error.is_permanent() || error.is_client() {
        return SendError::Permanent(why);
    }
    if error.is_timeout() || error.is_response() {
        return SendError::Uncertain(why);
    }
    SendError::Transient(why)
}
