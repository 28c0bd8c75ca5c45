//! Sign-in: a bearer token, basic with a token or a user's password, the cookie of a session, or nothing on loopback while
//! there is one principal.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use tidemill_app::context::SignedIn;
use tidemill_app::{Error, Kind, Principal, token};

use crate::Server;
use crate::problem::ApiError;

/// The cookie that holds a session.
pub const SESSION_COOKIE: &str = "tidemill_session";

/// What a request shows of who sends it.
enum Shown {
    Nothing,
    Token(String),
    Password { name: String, password: String },
    Cookie(String),
}

/// Finds out who asks and leaves it in the extensions; a request without a token goes on as nobody, and the handlers
/// that need somebody refuse it.
pub async fn sign_in(State(server): State<Server>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0);
    let shown = shown(&request);
    let direct = is_direct(request.headers(), request.version());
    match who(&server, shown, peer, direct).await {
        Ok(Some(who)) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Ok(None) => next.run(request).await,
        Err(error) => ApiError(error).into_response(),
    }
}

async fn who(
    server: &Server,
    shown: Result<Shown, Error>,
    peer: Option<SocketAddr>,
    direct: bool,
) -> Result<Option<SignedIn>, Error> {
    match shown? {
        Shown::Token(token) => return token::authenticate(&server.app, &token).await.map(Some),
        Shown::Password { name, password } => {
            let address = peer.map(|peer| peer.ip().to_string()).unwrap_or_default();
            return token::authenticate_basic(&server.app, &name, &password, &address)
                .await
                .map(Some);
        }
        // A session that has ended is nobody's: the page asks to sign in.
        Shown::Cookie(session) => {
            if let Ok(who) = token::authenticate(&server.app, &session).await {
                return Ok(Some(who));
            }
        }
        Shown::Nothing => {}
    }
    let Some(peer) = peer.filter(|_| direct) else {
        return Ok(None);
    };
    if !peer.ip().is_loopback()
        || !server.options.listen.ip().is_loopback()
        || !server.app.access.is_owner_alone()
    {
        return Ok(None);
    }
    if server.app.is_job_process(peer, server.options.listen) {
        return Err(Error::new(
            Kind::Unauthenticated,
            "failed to sign in: a job reaches the server only with the token that it was given",
        )
        .hint("MLFLOW_TRACKING_TOKEN in the job's environment holds it"));
    }
    Ok(Some(Principal::Owner.into()))
}

/// What proxies say of those behind them.
const BEHIND: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// Not through a proxy: behind one, everybody comes from loopback. One that says nothing of whom it speaks for, as nginx does when it is not
/// told to, still speaks HTTP/1.0, as no program of today does.
fn is_direct(headers: &HeaderMap, version: Version) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let own = ["localhost", "127.", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name));
    own && version >= Version::HTTP_11 && !BEHIND.iter().any(|name| headers.contains_key(*name))
}

fn shown(request: &Request) -> Result<Shown, Error> {
    let headers = request.headers();
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(session(request).map_or(Shown::Nothing, Shown::Cookie));
    };
    let unreadable = || {
        Error::new(
            Kind::Unauthenticated,
            "failed to sign in: the Authorization header is not understood",
        )
        .hint("send `Bearer <token>`, or Basic with a token, or a user's name and password")
    };
    let text = value.to_str().map_err(|_| unreadable())?;
    let (scheme, rest) = text.split_once(' ').ok_or_else(unreadable)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Shown::Token(rest.trim().to_owned()));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(rest.trim())
            .map_err(|_| unreadable())?;
        let pair = String::from_utf8(bytes).map_err(|_| unreadable())?;
        let (name, password) = pair.split_once(':').ok_or_else(unreadable)?;
        let (name, password) = (name.to_owned(), password.to_owned());
        return Ok(match name.is_empty() || password.starts_with("tm_") {
            true => Shown::Token(password),
            false => Shown::Password { name, password },
        });
    }
    Err(unreadable())
}

/// The session of a cookie. A change counts only from the page itself: a browser says where a request comes from, and one
/// that does not say it is not trusted with a cookie.
fn session(request: &Request) -> Option<String> {
    let headers = request.headers();
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, text) = pairs.find(|(name, _)| *name == SESSION_COOKIE)?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // The origin has been compared with the host before.
    let own_page = said("origin").is_some() || said("sec-fetch-site") == Some("same-origin");
    (reads || own_page).then(|| text.to_owned())
}
