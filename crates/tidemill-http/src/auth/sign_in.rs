//! Sign-in: a bearer token, basic with a token as password, or nothing on loopback while there is one principal.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use tidemill_app::{Error, Kind, Principal, token};

use crate::Server;
use crate::problem::ApiError;

/// Finds out who asks and leaves it in the extensions; a request without a token goes on as nobody, and the handlers
/// that need somebody refuse it.
pub async fn sign_in(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0);
    let given = given_token(request.headers());
    let direct = is_direct(request.headers());
    match who(&server, given, peer.filter(|_| direct)).await {
        Ok(Some(principal)) => {
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => ApiError(error).into_response(),
    }
}

async fn who(
    server: &Server,
    given: Result<Option<String>, Error>,
    peer: Option<SocketAddr>,
) -> Result<Option<Principal>, Error> {
    if let Some(given) = given? {
        return token::authenticate(&server.app, &given).await.map(Some);
    }
    let Some(peer) = peer else { return Ok(None) };
    if !peer.ip().is_loopback() || !server.options.listen.ip().is_loopback() {
        return Ok(None);
    }
    if server.app.is_job_process(peer, server.options.listen) {
        return Err(Error::new(
            Kind::Unauthenticated,
            "failed to sign in: a job reaches the server only with the token that it was given",
        )
        .hint("MLFLOW_TRACKING_TOKEN in the job's environment holds it"));
    }
    Ok(Some(Principal::Owner))
}

/// Not through a proxy: behind one, everybody comes from loopback.
fn is_direct(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let own = ["localhost", "127.", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name));
    own && !["forwarded", "x-forwarded-for"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

fn given_token(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let unreadable = || {
        Error::new(
            Kind::Unauthenticated,
            "failed to sign in: the Authorization header is not understood",
        )
        .hint("send `Bearer <token>`, or Basic with the token as password")
    };
    let text = value.to_str().map_err(|_| unreadable())?;
    let (scheme, rest) = text.split_once(' ').ok_or_else(unreadable)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Some(rest.trim().to_owned()));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(rest.trim())
            .map_err(|_| unreadable())?;
        let pair = String::from_utf8(bytes).map_err(|_| unreadable())?;
        let (_, password) = pair.split_once(':').ok_or_else(unreadable)?;
        return Ok(Some(password.to_owned()));
    }
    Err(unreadable())
}
