//! The one way out: calls to addresses that people chose. A name is looked up once, every address that it leads to is
//! checked, and the one that was checked is the one that is connected to; nothing is followed further.
//!
//! A workspace's own mail server, bucket and database are the operator's choice and are reached directly.

mod address;
mod allowed;
mod target;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{ConfigBuilderExt as _, FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kezhi_types::Fields;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::address::{Reach, reach};
pub use self::allowed::Allowed;
use self::target::Target;

/// How long the parts of a call may take.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// To find a name, and to connect.
    connect: Duration,
    /// Until an answer begins.
    begin: Duration,
    /// In all.
    whole: Duration,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(3),
    begin: Duration::from_secs(10),
    whole: Duration::from_secs(30),
};
/// The most bytes of a body, sent or answered.
pub const LARGEST: usize = 1024 * 1024;
/// The most headers of a call.
const HEADERS: usize = 50;
/// Calls to one host at a time.
const AT_ONCE: usize = 4;
/// Addresses of a name that are tried.
const TRIED: usize = 3;
/// Headers that belong to the connection and not to the caller.
const OURS: [&str; 8] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "proxy-authorization",
];

/// Ports that may be called anywhere.
pub const PORTS: [u16; 4] = [80, 443, 8_080, 8_443];

/// A call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`.
    pub method: String,
    /// `https://api.example.com/orders`.
    pub url: String,
    /// Names and values, at most 50.
    pub headers: Vec<(String, String)>,
    /// At most 1 MiB.
    pub body: Vec<u8>,
}

/// What was answered. A redirection is an answer like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case and values; those that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// At most 1 MiB.
    pub body: Bytes,
}

/// Why a call was not made, or came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// `outbound.url`, `outbound.header`, `outbound.port`, `outbound.inside`, `outbound.unresolved`, `outbound.unreachable`,
    /// `outbound.timeout`, `outbound.too_large`.
    pub code: &'static str,
    /// What fills its sentence.
    pub args: Fields,
}

impl Refusal {
    fn new(code: &'static str) -> Self {
        Self { code, args: Fields::new() }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}

/// Finds the addresses of a name.
#[async_trait]
trait Resolve: fmt::Debug + Send + Sync {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// As the machine does it.
#[derive(Debug)]
struct System;

#[async_trait]
impl Resolve for System {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// The way out of a workspace.
#[derive(Debug)]
pub struct Outbound {
    operator: Allowed,
    ports: Vec<u16>,
    patience: Patience,
    names: Box<dyn Resolve>,
    tls: OnceLock<rustls::ClientConfig>,
    /// Places for calls by host.
    busy: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Outbound {
    /// A way out that also leads to what the operator allows.
    pub fn new(operator: Allowed) -> Self {
        Self {
            operator,
            ports: PORTS.to_vec(),
            patience: PATIENCE,
            names: Box::new(System),
            tls: OnceLock::new(),
            busy: Mutex::default(),
        }
    }

    /// Makes a call. `workspace` are the places inside that the workspace allows itself.
    ///
    /// # Errors
    /// [`Refusal`]: what is wrong with the call, where it must not go, or why no whole answer came.
    pub async fn send(&self, call: Call, workspace: &Allowed) -> Result<Reply, Refusal> {
        let target = Target::read(&call.url, &self.ports, &[&self.operator, workspace])?;
        let method = method(&call.method)?;
        let headers = headers(&call.headers)?;
        if call.body.len() > LARGEST {
            return Err(Refusal::new("outbound.too_large").with("max", LARGEST));
        }
        let late = || Refusal::new("outbound.timeout").with("host", target.host.clone());
        let whole = async {
            let places = self.places(&target.host);
            let _place = places.acquire().await;
            let addresses = self.addresses(&target, workspace).await?;
            let body = Bytes::from(call.body);
            let mut failed = Refusal::new("outbound.unreachable").with("host", target.host.clone());
            for address in addresses.into_iter().take(TRIED) {
                let request = request(&target, address, (&method, &headers), body.clone())?;
                match self.ask(&target, request).await {
                    Err(Asked::NotReached(why)) => {
                        failed = Refusal::new("outbound.unreachable").with("host", target.host.clone());
                        failed = failed.with("why", why);
                    }
                    Err(Asked::Failed(refusal)) => return Err(refusal),
                    Ok(reply) => return Ok(reply),
                }
            }
            Err(failed)
        };
        let answered = timeout(self.patience.whole, whole).await.map_err(|_| late())?;
        self.leave(&target.host);
        answered
    }

    fn places(&self, host: &str) -> Arc<Semaphore> {
        let mut busy = self.busy.lock();
        busy.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))).clone()
    }

    /// Forgets hosts that nobody calls.
    fn leave(&self, host: &str) {
        let mut busy = self.busy.lock();
        if busy.get(host).is_some_and(|places| Arc::strong_count(places) == 1) {
            busy.remove(host);
        }
    }

    /// The addresses of the target, every one of them checked.
    async fn addresses(&self, target: &Target, workspace: &Allowed) -> Result<Vec<SocketAddr>, Refusal> {
        let unresolved = || Refusal::new("outbound.unresolved").with("host", target.host.clone());
        let found = match target.address {
            Some(address) => vec![SocketAddr::new(address, target.port)],
            None => timeout(self.patience.connect, self.names.addresses(&target.host, target.port))
                .await
                .map_err(|_| unresolved())?
                .map_err(|_| unresolved())?,
        };
        if found.is_empty() {
            return Err(unresolved());
        }
        let open = |address: &SocketAddr| {
            (reach(address.ip()) == Reach::Public && !is_own(*address))
                || self.operator.opens(&target.host, *address)
                || workspace.opens(&target.host, *address)
        };
        // One address inside among them is how a name is turned against us: then none is called.
        if found.iter().all(open) {
            return Ok(found);
        }
        Err(Refusal::new("outbound.inside").with("host", target.host.clone()))
    }

    async fn ask(&self, target: &Target, request: Request<Full<Bytes>>) -> Result<Reply, Asked> {
        let name = ServerName::try_from(target.host.clone()).map_err(|error| not_reached(&error))?;
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        plain.set_connect_timeout(Some(self.patience.connect));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls().map_err(|error| not_reached(&error))?)
            .https_or_http()
            .with_server_name_resolver(FixedServerNameResolver::new(name))
            .enable_http1()
            .wrap_connector(plain);
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .set_host(false)
            .build(connector);
        let late = || Asked::Failed(Refusal::new("outbound.timeout").with("host", target.host.clone()));
        let answer = timeout(self.patience.begin, client.request(request)).await.map_err(|_| late())?;
        let answer = answer.map_err(|error| match error.is_connect() {
            true => not_reached(&error),
            false => Asked::Failed(broken_off(target, &error)),
        })?;
        let status = answer.status().as_u16();
        let told = answer.headers().iter();
        let headers = told
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|error| {
            Asked::Failed(match error.is::<LengthLimitError>() {
                true => Refusal::new("outbound.too_large").with("max", LARGEST),
                false => broken_off(target, &*error),
            })
        })?;
        Ok(Reply { status, headers, body: body.to_bytes() })
    }

    /// Certificates are checked against the machine's own or, where it has none, those that browsers trust.
    fn tls(&self) -> Result<rustls::ClientConfig, rustls::Error> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let builder = || {
            rustls::ClientConfig::builder_with_provider(ring.clone()).with_safe_default_protocol_versions()
        };
        let config = match builder()?.with_native_roots() {
            Ok(config) => config.with_no_client_auth(),
            Err(_) => builder()?.with_webpki_roots().with_no_client_auth(),
        };
        Ok(self.tls.get_or_init(|| config).clone())
    }
}

/// Why one address gave no answer.
enum Asked {
    /// No connection came about: another address may be tried.
    NotReached(String),
    Failed(Refusal),
}

/// The reasons of an error, one behind the other.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        said = format!("{said}: {inner}");
        source = inner.source();
    }
    said
}

fn not_reached(error: &dyn std::error::Error) -> Asked {
    Asked::NotReached(reasons(error))
}

fn broken_off(target: &Target, error: &dyn std::error::Error) -> Refusal {
    Refusal::new("outbound.unreachable").with("host", target.host.clone()).with("why", reasons(error))
}

/// Whether an address is one of this machine's. A socket of datagrams that is connected sends nothing, but knows from which
/// address it would.
fn is_own(address: SocketAddr) -> bool {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let from = UdpSocket::bind(any).and_then(|socket| {
        socket.connect(address)?;
        socket.local_addr()
    });
    from.is_ok_and(|from| from.ip() == address.ip())
}

fn method(text: &str) -> Result<Method, Refusal> {
    match text {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        "HEAD" => Ok(Method::HEAD),
        _ => Err(Refusal::new("outbound.header").with("name", text)),
    }
}

fn headers(given: &[(String, String)]) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let wrong = |name: &str| Refusal::new("outbound.header").with("name", name);
    if given.len() > HEADERS {
        return Err(wrong("…"));
    }
    let one = |(name, value): &(String, String)| {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(name))?;
        if OURS.contains(&parsed.as_str()) {
            return Err(wrong(name));
        }
        Ok((parsed, HeaderValue::from_str(value).map_err(|_| wrong(name))?))
    };
    given.iter().map(one).collect()
}

/// The request, made out to the address that was checked; the name stands in `Host` and in the certificate.
fn request(
    target: &Target,
    address: SocketAddr,
    (method, headers): (&Method, &[(HeaderName, HeaderValue)]),
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Refusal> {
    let scheme = if target.is_secure { "https" } else { "http" };
    let wrong = || Refusal::new("outbound.url");
    let host = HeaderValue::from_str(&target.authority).map_err(|_| wrong())?;
    let mut request = Request::builder()
        .method(method.clone())
        .uri(format!("{scheme}://{address}{}", target.path))
        .header(HOST, host);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Full::new(body)).map_err(|_| wrong())
}
