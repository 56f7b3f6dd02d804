//! Who is asking, and whether the request may come from where it comes: session cookie with CSRF token, `Origin`,
//! `Host`, loopback, the operator's socket.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kezhi_runtime::people::{Admission, Door, Recognised, operator};
use kezhi_types::Caller;
use kezhi_types::text::Language;

use crate::app::App;
use crate::narrow;
use crate::problem::Problem;
use crate::providers::asking;

/// Name of the session cookie where people reach the server over plain HTTP.
const COOKIE: &str = "kezhi";
/// Its name where they reach it over TLS: browsers take it from this host alone then.
const HOST_COOKIE: &str = "__Host-kezhi";
/// Name of the cookie that names a browser with which somebody signed in before.
pub const DEVICE_COOKIE: &str = "kezhi_device";
/// How much is looked at of what a browser calls itself, in bytes.
const AGENT: usize = 500;

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
    /// Whether they must get a second factor before anything else.
    pub must_enrol: bool,
}

/// Somebody who still owes a second factor: nothing but giving it is open to them.
#[derive(Debug, Clone)]
pub struct HalfIn {
    /// The session's token.
    pub token: String,
    /// Its CSRF token.
    pub csrf: String,
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
    if request.extensions().get::<Peer>() == Some(&Peer::Operator) {
        let caller = Caller { language: language_of(request.headers()), ..operator() };
        let signed_in = SignedIn { caller, csrf: String::new(), token: String::new(), must_enrol: false };
        request.extensions_mut().insert(signed_in);
        return Ok(());
    }
    check_host(app, request.headers())?;
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if unsafe_method {
        check_origin(app, request.headers())?;
    }
    let demo = answers_demo(app, request);
    // Directories have tokens of their own, which are heard in one place.
    let is_directory = request.uri().path().starts_with("/scim/");
    if let Some(token) = narrow::bearer(request.headers()).filter(|_| !is_directory).map(str::to_owned) {
        return admitted_by_token(app, request, (&token, demo)).await;
    }
    let Some(token) = session_token(app, request.headers()) else { return Ok(()) };
    let path = request.uri().path().to_owned();
    let Recognised { mut caller, csrf, must_change, standing } =
        match app.runtime().caller_of(&token, demo, address_of(app, request)).await {
            Ok(found) => found,
            Err(kezhi_runtime::Error::Unauthenticated) => return Ok(()),
            Err(kezhi_runtime::Error::AtDoor(_)) if is_open_to_all(&path) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
    if unsafe_method {
        let given = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
        if given != Some(csrf.as_str()) {
            // Whoever signs in anew does so as nobody.
            let signing_in = request.method() == Method::POST && begins_a_session(&path);
            return if signing_in {
                Ok(())
            } else {
                Err(Problem::new(StatusCode::FORBIDDEN, "session.csrf"))
            };
        }
    }
    if standing == Admission::Half {
        request.extensions_mut().insert(HalfIn { token, csrf });
        return if is_open_to_all(&path) {
            Ok(())
        } else {
            Err(Problem::new(StatusCode::UNAUTHORIZED, "session.second_factor"))
        };
    }
    if must_change && !is_open_to_old_passwords(request.method(), &path) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "session.must_change"));
    }
    let must_enrol = standing == Admission::MustEnrol;
    if must_enrol && !is_open_to_all(&path) && !is_ones_own(&path) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "session.must_enrol"));
    }
    if let Some(value) = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
    {
        caller.language = Language::from_header(value);
    }
    // Whoever must do something before anything else does it with their own eyes.
    let caller = if must_enrol || must_change { caller } else { seeing(app, request, caller).await? };
    request.extensions_mut().insert(SignedIn { caller, csrf, token, must_enrol });
    Ok(())
}

/// The caller, or whoever's eyes the request asks to look with.
async fn seeing(app: &App, request: &mut Request, caller: Caller) -> Result<Caller, Problem> {
    let (method, path) = (request.method(), request.uri().path());
    let asked = request.headers().get(narrow::SEE_AS).filter(|_| !narrow::is_own(method, path));
    let Some(viewing) = asked else { return Ok(caller) };
    narrow::admit_viewing(method, path)?;
    let over = || Problem::new(StatusCode::FORBIDDEN, "see_as.over");
    let viewing = viewing.to_str().ok().and_then(|id| id.parse().ok()).ok_or_else(over)?;
    let seen = match app.runtime().seen_as(&caller, viewing).await {
        Err(kezhi_runtime::Error::Denied { .. }) => return Err(over()),
        other => other?,
    };
    let caller = seen.caller.clone();
    request.extensions_mut().insert(seen);
    Ok(caller)
}

/// Who speaks by a token. It needs no CSRF token: no browser sends it by itself.
async fn admitted_by_token(
    app: &App,
    request: &mut Request,
    (token, demo): (&str, bool),
) -> Result<(), Problem> {
    let from = address_of(app, request);
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
    let signed_in = SignedIn { caller, csrf: String::new(), token: String::new(), must_enrol: false };
    request.extensions_mut().insert(signed_in);
    Ok(())
}

/// What somebody may do who must choose another password first: that, see who they are, prove it, and leave.
fn is_open_to_old_passwords(method: &Method, path: &str) -> bool {
    is_open_to_all(path) || path == "/api/me" && (*method == Method::GET || *method == Method::PATCH)
}

/// Signing in, proving, leaving; and what is not of the API.
fn is_open_to_all(path: &str) -> bool {
    path == "/api/session" || path.starts_with("/api/session/") || !path.starts_with("/api/")
}

/// What everybody may do with their own account.
fn is_ones_own(path: &str) -> bool {
    path == "/api/me" || path.starts_with("/api/me/")
}

/// Requests by which somebody signs in, whoever they were before.
fn begins_a_session(path: &str) -> bool {
    matches!(path, "/api/session" | "/api/session/passkey" | "/api/session/passkey/options")
        || path.strip_prefix("/api/session/oidc/").is_some_and(|rest| !rest.contains('/'))
}

/// The session's token in the cookie.
pub fn session_token(app: &App, headers: &HeaderMap) -> Option<String> {
    cookie(headers, session_cookie(app))
}

/// The name of the session's cookie.
pub fn session_cookie(app: &App) -> &'static str {
    if is_secure(app) { HOST_COOKIE } else { COOKIE }
}

/// Whether people reach the server over TLS.
pub fn is_secure(app: &App) -> bool {
    app.settings().public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
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

/// The address of whoever asks; none by the operator's socket.
pub fn address_of(app: &App, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let forwarded: Vec<&str> = forwarded.filter_map(|value| value.to_str().ok()).collect();
    Some(asking(peer, &forwarded, &app.settings().proxies))
}

/// Where somebody stands who wants in.
pub fn door_of(app: &App, request: &Request) -> Door {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let agent: String = agent.unwrap_or_default().chars().take(AGENT).collect();
    Door {
        address: address_of(app, request),
        demo: answers_demo(app, request),
        agent,
        device: cookie(request.headers(), DEVICE_COOKIE),
    }
}

/// The origin under which people reach the server: what they type before the first `/`.
pub fn origin_of(app: &App, headers: &HeaderMap) -> String {
    match &app.settings().public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
            format!("http://{}", host.unwrap_or_default())
        }
    }
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

/// A foreign `Origin` is refused, an absent one accepted unless the browser itself says that another site asks.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(Problem::new(StatusCode::FORBIDDEN, "session.origin"));
    }
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
