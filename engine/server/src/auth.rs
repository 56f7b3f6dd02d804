//! Who is asking, and whether the request may come from where it comes: session cookie with CSRF token, `Origin`,
//! `Host`, loopback, the operator's socket.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kezhi_runtime::people::{Recognised, operator};
use kezhi_types::Caller;
use kezhi_types::text::Language;

use crate::app::App;
use crate::narrow;
use crate::problem::Problem;

/// Name of the session cookie.
pub const COOKIE: &str = "kezhi";

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A TCP connection.
    Network(IpAddr),
    /// The operator's socket in the data folder.
    Operator,
}

/// A signed-in caller, with what belongs to the session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who asks.
    pub caller: Caller,
    /// The session's CSRF token; empty for the operator.
    pub csrf: String,
    /// The session's token; empty for the operator.
    pub token: String,
}

/// Extractor: the caller, or `401`.
#[derive(Debug, Clone)]
pub struct Asking(pub Caller);

impl FromRequestParts<App> for Asking {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        match parts.extensions.get::<SignedIn>() {
            Some(signed_in) => Ok(Self(signed_in.caller.clone())),
            None => {
                Err(Problem::from(kezhi_runtime::Error::Unauthenticated).respond(language_of(&parts.headers)))
            }
        }
    }
}

/// Extractor: the language in which to answer.
#[derive(Debug, Clone, Copy)]
pub struct Speaks(pub Language);

impl FromRequestParts<App> for Speaks {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(language_of(&parts.headers)))
    }
}

/// The language that a request asks for.
pub fn language_of(headers: &HeaderMap) -> Language {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map(Language::from_header).unwrap_or_default()
}

/// Middleware: refuses unknown hosts and forged requests, and finds out who is asking.
pub async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let language = language_of(request.headers());
    match admitted(&app, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.respond(language),
    }
}

async fn admitted(app: &App, request: &mut Request) -> Result<(), Problem> {
    let operator_socket = request.extensions().get::<Peer>() == Some(&Peer::Operator);
    if operator_socket {
        let caller = Caller { language: language_of(request.headers()), ..operator() };
        let signed_in = SignedIn { caller, csrf: String::new(), token: String::new() };
        request.extensions_mut().insert(signed_in);
        return Ok(());
    }
    check_host(app, request.headers())?;
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if unsafe_method {
        check_origin(app, request.headers())?;
    }
    let demo = answers_demo(app, request);
    if let Some(token) = narrow::bearer(request.headers()).map(str::to_owned) {
        return admitted_by_token(app, request, (&token, demo)).await;
    }
    let Some(token) = session_token(request.headers()) else { return Ok(()) };
    let Recognised { mut caller, csrf, must_change } = match app.runtime().caller_of(&token, demo).await {
        Ok(found) => found,
        Err(kezhi_runtime::Error::Unauthenticated) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if must_change && !is_open_to_old_passwords(request.method(), request.uri().path()) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "session.must_change"));
    }
    if unsafe_method {
        let given = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
        let signing_in = request.uri().path() == "/api/session" && request.method() == Method::POST;
        if given != Some(csrf.as_str()) && !signing_in {
            return Err(Problem::new(StatusCode::FORBIDDEN, "session.csrf"));
        }
    }
    if let Some(value) = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
    {
        caller.language = Language::from_header(value);
    }
    let (method, path) = (request.method(), request.uri().path());
    if let Some(viewing) = request.headers().get(narrow::SEE_AS).filter(|_| !narrow::is_own(method, path)) {
        narrow::admit_viewing(method, path)?;
        let viewing = viewing.to_str().ok().and_then(|id| id.parse().ok());
        let viewing = viewing.ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, "see_as.over"))?;
        let seen = match app.runtime().seen_as(&caller, viewing).await {
            Err(kezhi_runtime::Error::Denied { .. }) => {
                return Err(Problem::new(StatusCode::FORBIDDEN, "see_as.over"));
            }
            other => other?,
        };
        caller = seen.caller.clone();
        request.extensions_mut().insert(seen);
    }
    request.extensions_mut().insert(SignedIn { caller, csrf, token });
    Ok(())
}

/// Who speaks by a token. It needs no CSRF token: no browser sends it by itself.
async fn admitted_by_token(
    app: &App,
    request: &mut Request,
    (token, demo): (&str, bool),
) -> Result<(), Problem> {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let mut caller = match app.runtime().caller_by_token(token, (from, demo)).await {
        Ok(caller) => caller,
        Err(kezhi_runtime::Error::Unauthenticated) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let read_only = caller.narrowed.as_ref().is_some_and(|narrowed| narrowed.read_only);
    narrow::admit_token(read_only, request.method(), request.uri().path())?;
    if let Some(value) = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
    {
        caller.language = Language::from_header(value);
    }
    request.extensions_mut().insert(SignedIn { caller, csrf: String::new(), token: String::new() });
    Ok(())
}

/// What somebody may do who must choose another password first: that, see who they are, and leave.
fn is_open_to_old_passwords(method: &Method, path: &str) -> bool {
    match path {
        "/api/me" => *method == Method::GET || *method == Method::PATCH,
        "/api/session" => true,
        path => !path.starts_with("/api/"),
    }
}

/// The session's token in the cookie.
pub fn session_token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}

/// Whether the request comes from this machine: the socket's peer is loopback, the host is this machine's, and no
/// proxy speaks for somebody else.
pub fn is_loopback(request: &Request) -> bool {
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().is_some_and(|info| info.0.ip().is_loopback());
    let headers = request.headers();
    let forwarded =
        ["x-forwarded-for", "x-real-ip", "forwarded"].iter().any(|name| headers.contains_key(*name));
    let local = matches!(host_of(headers).as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"));
    peer && local && !forwarded
}

/// Whether demo accounts answer this request: only a server of the demo, and only to this machine.
pub fn answers_demo(app: &App, request: &Request) -> bool {
    app.settings().demo && is_loopback(request)
}

/// The network address of the peer, for counting attempts.
pub fn network_of(request_peer: Option<SocketAddr>) -> String {
    request_peer.map_or_else(|| "unknown".to_owned(), |peer| peer.ip().to_string())
}

fn host_of(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
    let end = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    Some(host[..end.unwrap_or(host.len())].to_owned())
}

/// Names that are not ours are refused, so that no foreign page can reach us under a name of its own. Addresses are
/// not names.
fn check_host(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(host) = host_of(headers) else {
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host.unknown"));
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let public = app.settings().public_url.as_deref().and_then(host_in_url);
    if host == "localhost" || address || public.as_deref() == Some(host.as_str()) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host.unknown").with("host", host))
}

fn host_in_url(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?']).next()?.to_ascii_lowercase();
    Some(authority.rsplit_once(':').map_or(authority.clone(), |(host, _)| host.to_owned()))
}

/// A foreign `Origin` is refused, an absent one accepted.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
    let ours = headers.get(header::HOST).and_then(|value| value.to_str().ok()) == Some(authority);
    let public = app.settings().public_url.as_deref().is_some_and(|url| url.trim_end_matches('/') == origin);
    if ours || public {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "session.origin"))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.respond(Language::default())
    }
}
