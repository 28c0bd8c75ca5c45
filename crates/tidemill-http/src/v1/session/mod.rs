//! Sessions over REST: who one is, sign-in with a password, sign-out.

mod create;
mod delete;
mod get;
mod set_password;

use axum::http::HeaderValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;
use crate::auth::SESSION_COOKIE;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(get::get, create::create, delete::delete))
        .routes(routes!(set_password::set_password))
}

/// The cookie of a session: no script reads it, no other site sends it. Behind TLS it goes over TLS alone.
pub(crate) fn cookie(text: &str, max_age_s: i64, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let cookie =
        format!("{SESSION_COOKIE}={text}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&cookie).ok()
}
