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
        let error = match self.transport.send(letter).await {
            Ok(answer) => return Ok(Receipt { id: answer.message().collect::<Vec<_>>().join(" ") }),
            Err(error) => error,
        };
        let refused = outcome(&error);
        // A refusal may be about the letter or about us, such as a greeting that turns everybody away.
        if matches!(refused, SendError::Permanent(_))
            && !error.is_client()
            && let Err(why) = self.transport.test_connection().await
        {
            return Err(SendError::Channel(why.to_string()));
        }
        Err(refused)
    }
}

fn outcome(error: &Error) -> SendError {
    let why = error.to_string();
    // Who we are is in question, not the letter: 530, 534, 535 and 538.
    let unknown_to_them = error.status().is_some_and(|code| {
        code.severity as u8 == 5 && code.category as u8 == 3 && matches!(code.detail as u8, 0 | 4 | 5 | 8)
    });
    if unknown_to_them || error.is_tls() || error.is_transport_shutdown() {
        return SendError::Channel(why);
    }
    if error.is_permanent() || error.is_client() {
        return SendError::Permanent(why);
    }
    if error.is_transient() {
        return SendError::Transient(why);
    }
    // The library tells a connection that never stood from one that broke by its first words alone.
    if why.starts_with("Connection error") {
        return SendError::Channel(why);
    }
    SendError::Uncertain(why)
}
