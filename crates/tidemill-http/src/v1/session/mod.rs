//! Sessions over REST: who one is, sign-in with a password or an account elsewhere, sign-out.

mod begin;
mod callback;
mod create;
mod delete;
mod get;
mod providers;
mod set_password;

use axum::http::{HeaderMap, HeaderValue, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;
use crate::auth::SESSION_COOKIE;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(get::get, create::create, delete::delete))
        .routes(routes!(set_password::set_password))
        .routes(routes!(providers::providers))
        .routes(routes!(begin::begin))
        .routes(routes!(callback::callback))
}

/// The cookie of a session: no script reads it, no other site sends it. Behind TLS it goes over TLS alone.
pub(crate) fn cookie(text: &str, max_age_s: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let cookie =
        format!("{SESSION_COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// The cookie of a browser that is signing in elsewhere.
const SIGN_IN_COOKIE: &str = "tidemill_sign_in";

/// That cookie: no script reads it. It comes back with the browser from the provider, so other sites may lead here with it, though
/// not send forms.
fn sign_in_cookie(text: &str, max_age_s: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let path = "/api/v1/session";
    let cookie =
        format!("{SIGN_IN_COOKIE}={text}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&cookie).ok()
}

fn browser(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == SIGN_IN_COOKIE)
        .map(|(_, text)| text)
}

/// Whether the browser came over TLS to the proxy in front.
fn is_secure(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto == "https")
}
