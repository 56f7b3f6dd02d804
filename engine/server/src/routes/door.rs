//! The ways in beside a password: a second factor, a passkey, an account elsewhere; and proving once more who one is.

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, RequestExt};
use kezhi_runtime::Error;
use kezhi_runtime::people::{Callback, CameBack, Proof, Purpose, passkeys_work_at};
use kezhi_types::text::Language;
use serde::Deserialize;
use serde_json::{Value, json};

use super::records::{Answer, refused};
use super::session::{give_cookies, keep_cookie, let_in};
use crate::app::App;
use crate::auth::{HalfIn, SignedIn, cookie, door_of, language_of, origin_of};
use crate::body::Json;
use crate::problem::Problem;

/// Name of the cookie that a browser keeps while its person is at a provider.
const AWAY_COOKIE: &str = "kezhi_away";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Held {
    step: String,
    credential: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Leaving {
    purpose: Option<Purpose>,
    next: Option<String>,
}

/// `GET /api/session` → `{ways: {passkey, oidc: [{key, title}]}, second_factor?, csrf_token?}`: how one may sign in here beside a
/// password, and for whoever owes a second factor by what it may be given.
pub(super) async fn ways(
    State(app): State<App>,
    half_in: Option<Extension<HalfIn>>,
    request: Request,
) -> Answer {
    let language = language_of(request.headers());
    let providers = app.runtime().oidc_providers().map(|(key, title)| json!({ "key": key, "title": title }));
    let passkey = passkeys_work_at(&origin_of(&app, request.headers()));
    let mut answer = json!({ "ways": { "passkey": passkey, "oidc": providers.collect::<Vec<_>>() } });
    if let Some(Extension(HalfIn { token, csrf })) = half_in {
        let owed = app.runtime().second_factors_of(&token).await.map_err(refused(language))?;
        answer["second_factor"] = json!(owed);
        answer["csrf_token"] = json!(csrf);
    }
    Ok(axum::Json(answer).into_response())
}

/// `POST /api/session/second` `{code}` or `{step, credential}` → as for signing in.
pub(super) async fn give_second(
    State(app): State<App>,
    half_in: Option<Extension<HalfIn>>,
    request: Request,
) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let Some(Extension(HalfIn { token, .. })) = half_in else { return Err(unknown(language)) };
    let Json(proof) = request.extract::<Json<Proof>, _>().await?;
    let signed_in = app.runtime().prove_second(&token, &proof, &door).await.map_err(refused(language))?;
    Ok(let_in(&app, &signed_in))
}

/// `POST /api/session/proof` `{password}`, `{code}` or `{step, credential}` → as for signing in; the session goes on under
/// another cookie.
pub(super) async fn prove_again(
    State(app): State<App>,
    signed_in: Option<Extension<SignedIn>>,
    request: Request,
) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let token = signed_in.map(|Extension(found)| found.token).filter(|token| !token.is_empty());
    let Some(token) = token else { return Err(unknown(language)) };
    let Json(proof) = request.extract::<Json<Proof>, _>().await?;
    let signed_in = app.runtime().prove_again(&token, &proof, &door).await.map_err(refused(language))?;
    Ok(let_in(&app, &signed_in))
}

/// `POST /api/session/passkey/options` → `{step, options}` for the authenticator.
pub(super) async fn ask_passkey(State(app): State<App>, request: Request) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let origin = origin_of(&app, request.headers());
    let asked = app.runtime().ask_passkey(&door, &origin).await.map_err(refused(language))?;
    Ok(axum::Json(asked).into_response())
}

/// `POST /api/session/passkey` `{step, credential}` → as for signing in.
pub(super) async fn sign_in_by_passkey(State(app): State<App>, request: Request) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let Json(held) = request.extract::<Json<Held>, _>().await?;
    let signed_in = app.runtime().sign_in_by_passkey(&held.step, &held.credential, &door).await;
    Ok(let_in(&app, &signed_in.map_err(refused(language))?))
}

/// `POST /api/session/oidc/{key}` `{purpose?: sign_in·link·prove, next?}` → `{url}`, where the browser goes.
pub(super) async fn send_away(
    State(app): State<App>,
    Path(key): Path<String>,
    signed_in: Option<Extension<SignedIn>>,
    request: Request,
) -> Answer {
    let (language, door) = (language_of(request.headers()), door_of(&app, &request));
    let base = origin_of(&app, request.headers());
    let Json(leaving) = request.extract::<Json<Leaving>, _>().await?;
    let purpose = leaving.purpose.unwrap_or(Purpose::SignIn);
    let caller = signed_in.as_ref().map(|Extension(found)| &found.caller);
    let next = leaving.next.filter(|next| is_inside(next)).unwrap_or_else(|| "/".to_owned());
    let sent = app.runtime().send_away(&key, (purpose, caller), (&base, &next), &door).await;
    let sent = sent.map_err(refused(language))?;
    let mut response = axum::Json(json!({ "url": sent.url })).into_response();
    let kept = format!(
        "{AWAY_COOKIE}={}; Path=/api/session/oidc; HttpOnly; SameSite=Lax; Max-Age=600",
        sent.browser
    );
    keep_cookie(&app, &mut response, &kept);
    Ok(response)
}

/// `GET /api/session/oidc/{key}/callback` → `303` to where the person wanted to go, or back with `?problem=<code>`.
pub(super) async fn come_back(
    State(app): State<App>,
    Path(key): Path<String>,
    Query(callback): Query<Callback>,
    signed_in: Option<Extension<SignedIn>>,
    request: Request,
) -> Response {
    let door = door_of(&app, &request);
    let base = origin_of(&app, request.headers());
    let browser = cookie(request.headers(), AWAY_COOKIE);
    let session = signed_in.as_ref().map(|Extension(found)| (found.token.as_str(), &found.caller));
    let back = app.runtime().come_back(&key, callback, (browser.as_deref(), session), &door).await;
    let mut response = match back {
        Ok(CameBack { next, signed_in }) => {
            let mut response = redirect(&format!("{base}{next}"));
            if let Some(signed_in) = signed_in {
                if !signed_in.second_factor.is_empty() {
                    response = redirect(&format!("{base}/login?next={}", encoded(&next)));
                }
                give_cookies(&app, &signed_in, &mut response);
            }
            response
        }
        Err(error) => {
            let problem = Problem::from(error);
            let page = if signed_in.is_some() { "/me/security" } else { "/login" };
            redirect(&format!("{base}{page}?problem={}", problem.code()))
        }
    };
    keep_cookie(
        &app,
        &mut response,
        &format!("{AWAY_COOKIE}=; Path=/api/session/oidc; HttpOnly; SameSite=Lax; Max-Age=0"),
    );
    response
}

fn unknown(language: Language) -> Response {
    Problem::from(Error::Unauthenticated).respond(language)
}

/// A path of this application, and nothing that a browser takes for another host.
fn is_inside(next: &str) -> bool {
    let mut letters = next.chars();
    letters.next() == Some('/')
        && !matches!(letters.next(), Some('/' | '\\'))
        && !next.chars().any(|letter| letter.is_control() || letter == '\\')
        && next.len() <= 2_000
}

/// Safe in a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

fn redirect(place: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_inside_the_application() {
        for good in ["/", "/e/customer?q=1", "/me/security"] {
            assert!(is_inside(good), "{good}");
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x",
            "e/customer",
        ] {
            assert!(!is_inside(bad), "{bad:?}");
        }
        assert_eq!(encoded("/e/customer?q=张 三"), "/e/customer%3Fq%3D%E5%BC%A0%20%E4%B8%89");
    }
}
