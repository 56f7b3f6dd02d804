//! Callers with less than a session: programs that come by a token, and whoever sees as somebody else. What such a
//! caller may is narrowed below; here stands which routes they reach at all.

use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::problem::Problem;

/// The header that names a viewing.
pub const SEE_AS: &str = "x-kezhi-see-as";

/// The last part of paths where a POST only asks.
const ASKING: [&str; 4] = ["query", "aggregate", "evaluate", "duplicates"];

/// The token of `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a request changes nothing, as far as its method and path say.
pub fn only_asks(method: &Method, path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || (*method == Method::POST && path.starts_with("/api/") && ASKING.contains(&last))
}

/// Refuses a token what belongs to people alone: sessions, their own account, tokens, and seeing as somebody else. And
/// one that only reads whatever changes something.
pub fn admit_token(read_only: bool, method: &Method, path: &str) -> Result<(), Problem> {
    let of_people = ["/api/session", "/api/tokens", "/api/see-as", "/api/setup"];
    let inside =
        |base: &str| path == base || path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
    let own = path.starts_with("/api/me/") || (path == "/api/me" && *method != Method::GET);
    if own || of_people.into_iter().any(inside) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "token.not_here"));
    }
    if read_only && !only_asks(method, path) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "token.read_only"));
    }
    Ok(())
}

/// Whether a request under a viewing is the person's own: ending the viewing, signing out.
pub fn is_own(method: &Method, path: &str) -> bool {
    path.starts_with("/api/see-as") || (path == "/api/session" && *method == Method::DELETE)
}

/// Refuses whoever sees as somebody else what changes something or takes records along, what is that person's alone
/// (where they are signed in, what they prove with, their tokens), and the audit: who may audit is asked of whoever looks.
pub fn admit_viewing(method: &Method, path: &str) -> Result<(), Problem> {
    let theirs = ["/api/me/", "/api/tokens", "/api/directory-tokens", "/api/audit"];
    if theirs.iter().any(|base| path.starts_with(base)) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "see_as.not_here"));
    }
    let takes = path.starts_with("/api/entities/") && path.ends_with("/export");
    if takes || !only_asks(method, path) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "see_as.read_only"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_asks_is_told_from_what_changes() {
        let post = |path: &str| only_asks(&Method::POST, path);
        assert!(post("/api/entities/customer/query") && post("/api/forms/customer/evaluate"));
        assert!(!post("/api/entities/customer/records") && !post("/api/tasks/x/approve"));
        assert!(
            !post("/api/entities/customer/records/x/reveal")
                && !post("/api/entities/customer/duplicates/report")
        );
        assert!(!only_asks(&Method::DELETE, "/api/entities/customer/query"));
        assert!(admit_viewing(&Method::GET, "/api/entities/customer/export").is_err());
        assert!(admit_viewing(&Method::GET, "/api/entities/customer/records").is_ok());
        for path in
            ["/api/me/security", "/api/me/sessions", "/api/tokens", "/api/audit", "/api/audit/exports/x"]
        {
            assert!(admit_viewing(&Method::GET, path).is_err(), "{path}");
        }
        assert!(admit_viewing(&Method::GET, "/api/me").is_ok());
    }

    #[test]
    fn a_token_has_no_business_with_people_s_own_things() {
        for path in ["/api/session", "/api/tokens", "/api/tokens/x", "/api/see-as", "/api/setup"] {
            assert!(admit_token(false, &Method::GET, path).is_err(), "{path}");
        }
        assert!(admit_token(false, &Method::PATCH, "/api/me").is_err());
        assert!(admit_token(true, &Method::GET, "/api/me").is_ok());
        assert!(admit_token(true, &Method::PATCH, "/api/entities/a/records/b").is_err());
        assert!(admit_token(false, &Method::PATCH, "/api/entities/a/records/b").is_ok());
        assert!(admit_token(false, &Method::GET, "/api/sessions-of-training").is_ok());
    }
}
