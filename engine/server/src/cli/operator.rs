//! How a command speaks to a workspace: through the operator's socket of the server that holds it, or, when none
//! does, by opening it and serving that socket itself for as long as the command runs. One way for every command.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use kezhi_plugin::Channels;
use kezhi_plugin_email::{Email, EmailSettings};
use kezhi_runtime::clock::Clock;
use kezhi_runtime::depot::FileOptions;
use kezhi_runtime::scripts::WorkerCommand;
use kezhi_runtime::{Error, Loops, Runtime, RuntimeConfig, RuntimeOptions};
use kezhi_types::text::Language;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use super::{Failure, language};
use crate::app::App;
use crate::auth::Peer;
use crate::config::Settings;

/// Which workspace a command is about.
#[derive(Debug, Clone)]
pub struct Place {
    /// The data folder.
    pub data_dir: PathBuf,
    /// A database address instead of SQLite.
    pub database: Option<String>,
}

impl Place {
    /// The settings of the process.
    pub fn settings(&self, listen: Option<String>) -> Result<Settings, Failure> {
        Settings::gather(self.data_dir.clone(), listen, self.database.clone()).map_err(Failure::Input)
    }

    /// The operator's socket.
    pub fn socket(&self) -> PathBuf {
        self.data_dir.join("kezhi.sock")
    }
}

/// Opens the workspace in this process.
pub async fn open(settings: &Settings) -> Result<Runtime, Failure> {
    let folder = settings.data_dir.join("workspaces");
    // What a company knows of its customers is for the account that serves it alone.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| {
        let place = settings.data_dir.display();
        Failure::Environment(told!(
            "--data-dir {place} 不能存放工作区：{error}",
            "--data-dir {place} cannot hold a workspace: {error}"
        ))
    })?;
    let email = EmailSettings { smtp_url: settings.smtp_url.clone(), from: Some(settings.mail_from.clone()) };
    let email = Email::open(&email, &settings.data_dir).map_err(Failure::Input)?;
    let config = RuntimeConfig {
        store: settings.store().map_err(Failure::Input)?,
        data_dir: settings.data_dir.clone(),
        clock: Clock::wall(0),
        channels: Channels::default().with(email),
        worker: worker()?,
        options: RuntimeOptions {
            secret_keys: settings.secret_keys.clone(),
            files: FileOptions { largest: settings.max_file_size, bucket: settings.bucket.clone() },
            audit: settings.audit.clone(),
            exports_per_hour: settings.exports_per_hour,
            outbound_allow: settings.outbound_allow.clone(),
            oidc: settings.oidc.clone(),
        },
    };
    Runtime::open(config).await.map_err(|error| match error {
        Error::Store(error) => Failure::Environment(error.to_string()),
        other => Failure::Environment(other.to_string()),
    })
}

/// How this binary starts a script worker.
pub fn worker() -> Result<WorkerCommand, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::Environment(error.to_string()))?;
    Ok(WorkerCommand { program, args: vec!["script-worker".to_owned()] })
}

/// A workspace within reach.
pub struct Operator {
    client: Client,
    /// Serves the socket while the command runs, when no server does.
    own: Option<(tokio::task::JoinHandle<()>, PathBuf, Loops)>,
}

impl Operator {
    /// Finds the server that holds the workspace, or becomes it.
    pub async fn reach(place: &Place) -> Result<Self, Failure> {
        let socket = place.socket();
        let running = tokio::net::UnixStream::connect(&socket).await.is_ok();
        // A name of its own, so that it takes nothing from a server that starts meanwhile.
        let socket =
            if running { socket } else { place.data_dir.join(format!("kezhi-{}.sock", std::process::id())) };
        let own = if running { None } else { Some(serve_alone(place, &socket).await?) };
        let client = Client::builder()
            .unix_socket(socket)
            .default_headers(HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, speaks())]))
            .build()
            .map_err(|error| Failure::Environment(error.to_string()))?;
        Ok(Self { client, own })
    }

    /// A request to the API.
    pub fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://localhost{path}"))
    }

    /// Sends a request; a refusal becomes the failure it describes.
    pub async fn send(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let answer = request.send().await.map_err(|error| Failure::Environment(error.to_string()))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| Failure::Environment(error.to_string()))?;
        let body: Value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        if status.is_success() {
            return Ok(body);
        }
        let detail = body.get("detail").and_then(Value::as_str).unwrap_or_default();
        let mut lines = vec![if detail.is_empty() { status.to_string() } else { detail.to_owned() }];
        for found in body.get("violations").and_then(Value::as_array).into_iter().flatten() {
            lines.push(format!("  {}: {}", text(found, "pointer"), text(found, "message")));
        }
        for found in body.get("diagnostics").and_then(Value::as_array).into_iter().flatten() {
            lines.push(format!("  {}:{}: {}", text(found, "path"), found["line"], text(found, "message")));
            lines.extend(
                Some(text(found, "help")).filter(|help| !help.is_empty()).map(|help| format!("    {help}")),
            );
        }
        for found in body.get("destructive").and_then(Value::as_array).into_iter().flatten() {
            lines.push(format!("  {}", text(found, "text")));
        }
        if body.get("code").and_then(Value::as_str) == Some("draft.needs_confirm") {
            lines.push(told!(
                "没有发布；加上 --confirm 则以上全部照做",
                "nothing was published; with --confirm all of these are taken"
            ));
        }
        Err(Failure::Input(lines.join("\n")))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        if let Some((served, socket, _)) = self.own.take() {
            served.abort();
            let _ = std::fs::remove_file(socket);
        }
    }
}

/// Serves the socket, and works off jobs, as long as the answer is kept.
async fn serve_alone(
    place: &Place,
    socket: &Path,
) -> Result<(tokio::task::JoinHandle<()>, PathBuf, Loops), Failure> {
    let settings = place.settings(None)?;
    let runtime = open(&settings).await?;
    let listener = crate::serve::operator_socket(socket).map_err(Failure::Environment)?;
    let jobs = runtime.start_jobs();
    let app = App::new(runtime, settings, String::new());
    let service = crate::serve::service(app).layer(axum::Extension(Peer::Operator));
    let served = tokio::spawn(async move {
        let _ = axum::serve(listener, service).await;
    });
    Ok((served, socket.to_path_buf(), jobs))
}

/// The language that answers are asked for.
fn speaks() -> HeaderValue {
    HeaderValue::from_static(match language() {
        Language::Chinese => "zh-CN",
        Language::English => "en",
    })
}

/// A text member of a JSON object.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
