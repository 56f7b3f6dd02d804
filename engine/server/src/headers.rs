//! Headers that close what browsers would leave open: TLS from now on where there is TLS, no devices, no embedding.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::auth::is_secure;

/// What pages may ask a browser for: passkeys, the clipboard and the camera (codes of goods); nothing else.
const PERMISSIONS: &str = "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(self), \
     gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-create=(self), \
     publickey-credentials-get=(self), usb=()";

/// Middleware over every route.
pub async fn sealed_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
    if is_secure(&app) {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert("strict-transport-security", a_year);
    }
    response
}
