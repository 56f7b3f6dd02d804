//! How a bucket is reached: HTTP/1.1, with TLS checked against the machine's own certificates or, where it has none,
//! those that browsers trust.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Plain;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use tokio::time::timeout;

/// How long it may take to connect, and until an answer begins or goes on.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(60);
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(30);

/// Makes the client.
#[derive(Debug)]
pub(super) struct Wire;

#[derive(Debug)]
struct Connected(Client<HttpsConnector<Plain>, HttpRequestBody>);

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let broken = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
            store: "S3",
            source,
        };
        let ring = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let tls = match HttpsConnectorBuilder::new().with_provider_and_native_roots(ring.clone()) {
            Ok(tls) => tls,
            Err(_) => HttpsConnectorBuilder::new()
                .with_provider_and_webpki_roots(ring)
                .map_err(|error| broken(error.into()))?,
        };
        let mut plain = Plain::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        plain.set_connect_timeout(Some(CONNECT));
        let connector = tls.https_or_http().enable_http1().wrap_connector(plain);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(HttpClient::new(Connected(client)))
    }
}

#[async_trait::async_trait]
impl HttpService for Connected {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = timeout(ANSWER, self.0.request(request)).await;
        let answer = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
        let answer = answer.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(|body| {
            // A body breaks off where no more of it comes, so that nobody waits for a bucket that has gone.
            let pieces = stream::unfold(Some(body), |body| async move {
                let mut body = body?;
                let piece = match timeout(ANSWER, body.frame()).await {
                    Ok(piece) => piece?.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)),
                    Err(late) => Err(HttpError::new(HttpErrorKind::Timeout, late)),
                };
                let goes_on = piece.is_ok();
                Some((piece, goes_on.then_some(body)))
            });
            // It may be asked again behind its end.
            HttpResponseBody::new(StreamBody::new(Box::pin(pieces.fuse())))
        }))
    }
}
