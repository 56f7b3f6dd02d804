//! Settings: flags, then `KEZHI_*` variables, then `kezhi.toml` in the data folder. `serve` needs none of them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use kezhi_runtime::depot::{Bucket, Keys, LARGEST};
use kezhi_runtime::outbound::Allowed;
use kezhi_runtime::people::OidcProvider;
use kezhi_runtime::seals::{AuditOptions, GivenKey};
use kezhi_runtime::secrets::GivenKeys;
use kezhi_runtime::store::StoreConfig;
use serde::Deserialize;

use crate::providers::{FileProvider, providers, proxies};

/// Where the demo and everything else listens when nobody says otherwise.
pub const LISTEN: &str = "127.0.0.1:8080";

/// What `kezhi.toml` may say; every member can also be a `KEZHI_…` variable.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileSettings {
    /// Address and port.
    pub listen: Option<String>,
    /// `postgres://…`; SQLite under the data folder when absent.
    pub database: Option<String>,
    /// The address that people type, for links in mails and for the `Host` check.
    pub public_url: Option<String>,
    /// Whether a change without `If-Match` is refused with `428`.
    pub require_if_match: Option<bool>,
    /// How many exports a person may begin within an hour; 0 for as many as they like.
    pub exports_per_hour: Option<u32>,
    /// `smtp://user:password@host:port` or `smtps://…`; messages go to a folder when absent.
    pub smtp_url: Option<String>,
    /// The sender of messages.
    pub mail_from: Option<String>,
    /// The largest file that people may send, in bytes; 20 MiB when absent.
    pub max_file_size: Option<u64>,
    /// `s3://…`, the bucket in which the bytes of files lie.
    pub files: Option<String>,
    /// How long a question may take in the database, in milliseconds; 10,000 when absent, 0 for as long as it likes.
    pub statement_timeout: Option<u64>,
    /// Places inside this network, and on this machine, that every workspace may call: `10.1.2.3:9000`, `erp.corp`.
    pub outbound_allow: Option<Vec<String>>,
    /// Whether nobody both audits and manages, administrators included.
    pub separate_duties: Option<bool>,
    /// A folder to which checkpoints of the audit are appended.
    pub audit_folder: Option<PathBuf>,
    /// Providers of OpenID Connect.
    pub oidc: Vec<FileProvider>,
    /// Networks of the proxies that are believed when they say for whom they ask (`X-Forwarded-For`); none when empty.
    pub proxies: Vec<String>,
}

/// The settings of one process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the database is.
    pub database: Option<String>,
    /// The address that people type.
    pub public_url: Option<String>,
    /// Whether a change without `If-Match` is refused.
    pub require_if_match: bool,
    /// The audit.
    pub audit: AuditOptions,
    /// How many exports a person may begin within an hour, where somebody said so.
    pub exports_per_hour: Option<u32>,
    /// The mail server.
    pub smtp_url: Option<String>,
    /// The sender of messages.
    pub mail_from: String,
    /// The largest file that people may send, in bytes.
    pub max_file_size: u64,
    /// The bucket in which the bytes of files lie; the data folder where there is none.
    pub bucket: Option<Bucket>,
    /// The keys of secret values; those in the data folder where none are given. From `KEZHI_SECRET_KEY` alone.
    pub secret_keys: Option<GivenKeys>,
    /// How long a question may take in the database; as long as it likes when absent.
    pub statement_timeout: Option<Duration>,
    /// Places inside this network that every workspace may call.
    pub outbound_allow: Allowed,
    /// Providers of OpenID Connect.
    pub oidc: Vec<OidcProvider>,
    /// Networks of the proxies that are believed.
    pub proxies: Vec<IpNet>,
    /// Whether the demo accounts and the movable clock are there.
    pub demo: bool,
}

/// How long a question may take in the database where nobody says otherwise, in milliseconds.
const STATEMENT_TIMEOUT: u64 = 10_000;

impl Settings {
    /// Puts the sources together.
    ///
    /// # Errors
    /// A sentence naming the source and what is wrong with it.
    pub fn gather(
        data_dir: PathBuf,
        listen: Option<String>,
        database: Option<String>,
    ) -> Result<Self, String> {
        let file = read_file(&data_dir.join("kezhi.toml"))?;
        let variable =
            |name: &str| std::env::var(format!("KEZHI_{name}")).ok().filter(|value| !value.is_empty());
        let listen =
            listen.or_else(|| variable("LISTEN")).or(file.listen).unwrap_or_else(|| LISTEN.to_owned());
        let listen = listen.parse().map_err(|_| format!("`{listen}` is not an address such as {LISTEN}"))?;
        let max_file_size = variable("MAX_FILE_SIZE").map(|text| text.parse::<u64>()).transpose();
        let max_file_size = max_file_size.map_err(|_| "KEZHI_MAX_FILE_SIZE is a number of bytes")?;
        let secret_keys = variable("SECRET_KEY").map(|text| GivenKeys::parse(&text)).transpose();
        let secret_keys = secret_keys.map_err(|why| format!("KEZHI_SECRET_KEY: {why}"))?;
        let exports = variable("EXPORTS_PER_HOUR").map(|text| {
            text.parse().map_err(|_| format!("KEZHI_EXPORTS_PER_HOUR: `{text}` is not a number"))
        });
        let flag = |name: &str| variable(name).map(|value| value == "true" || value == "1");
        let audit_key = variable("AUDIT_KEY").map(|text| GivenKey::parse(&text)).transpose();
        let audit = AuditOptions {
            separate_duties: flag("SEPARATE_DUTIES").or(file.separate_duties).unwrap_or(false),
            key: audit_key.map_err(|why| format!("KEZHI_AUDIT_KEY: {why}"))?,
            folder: variable("AUDIT_FOLDER").map(PathBuf::from).or(file.audit_folder),
        };
        let believed = match variable("PROXIES") {
            Some(text) => text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            None => file.proxies,
        };
        Ok(Self {
            listen,
            database: database.or_else(|| variable("DATABASE")).or(file.database),
            public_url: variable("PUBLIC_URL").or(file.public_url),
            require_if_match: flag("REQUIRE_IF_MATCH").or(file.require_if_match).unwrap_or(false),
            audit,
            exports_per_hour: exports.transpose()?.or(file.exports_per_hour),
            smtp_url: variable("SMTP_URL").or(file.smtp_url),
            mail_from: variable("MAIL_FROM")
                .or(file.mail_from)
                .unwrap_or_else(|| "kezhi@localhost".to_owned()),
            max_file_size: max_file_size.or(file.max_file_size).unwrap_or(LARGEST),
            bucket: bucket(variable("FILES").or(file.files), variable)?,
            statement_timeout: statement_timeout(variable("STATEMENT_TIMEOUT"), file.statement_timeout)?,
            outbound_allow: allowed(variable("OUTBOUND_ALLOW"), file.outbound_allow)?,
            secret_keys,
            oidc: providers(file.oidc, variable)?,
            proxies: proxies(&believed)?,
            data_dir,
            demo: false,
        })
    }

    /// Where the workspace's records are.
    ///
    /// # Errors
    /// A sentence when the database address is of neither kind.
    pub fn store(&self) -> Result<StoreConfig, String> {
        let store = match &self.database {
            None => StoreConfig::sqlite(self.data_dir.join("workspaces").join("default.sqlite")),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                StoreConfig::postgres(url.clone(), Some("kezhi_default".to_owned()))
            }
            Some(url) => {
                return Err(format!("`{url}` is not an address such as postgres://user@host/database"));
            }
        };
        Ok(StoreConfig { question_limit: self.statement_timeout, ..store })
    }
}

fn statement_timeout(variable: Option<String>, file: Option<u64>) -> Result<Option<Duration>, String> {
    let said = variable.map(|text| {
        text.parse::<u64>()
            .map_err(|_| format!("KEZHI_STATEMENT_TIMEOUT: `{text}` is not a number of milliseconds"))
    });
    let millis = said.transpose()?.or(file).unwrap_or(STATEMENT_TIMEOUT);
    Ok((millis > 0).then(|| Duration::from_millis(millis)))
}

/// Places that may be called though they lie inside; in the variable commas stand between them.
fn allowed(variable: Option<String>, file: Option<Vec<String>>) -> Result<Allowed, String> {
    let listed = variable.map(|text| {
        text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    });
    let entries: Vec<String> = listed.or(file).unwrap_or_default();
    Allowed::by_operator(&entries).map_err(|entry| {
        format!(
            "KEZHI_OUTBOUND_ALLOW: `{entry}` is not a place such as erp.corp, 10.1.2.3:9000 or 10.1.0.0/16"
        )
    })
}

/// Its keys come from the environment alone, so that no file of settings holds them.
fn bucket(
    address: Option<String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Bucket>, String> {
    let Some(address) = address else { return Ok(None) };
    let keys = match (variable("S3_KEY_ID"), variable("S3_SECRET_KEY")) {
        (Some(id), Some(secret)) => Some(Keys { id, secret }),
        (None, None) => None,
        _ => return Err("KEZHI_S3_KEY_ID and KEZHI_S3_SECRET_KEY belong together".to_owned()),
    };
    Bucket::parse(&address, keys).map(Some).map_err(|why| format!("KEZHI_FILES: {why}"))
}

fn read_file(path: &Path) -> Result<FileSettings, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(FileSettings::default()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
