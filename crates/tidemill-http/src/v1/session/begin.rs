//! `GET /session/providers/{name}`: begins a sign-in with an account elsewhere, and sends the browser there.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidemill_api::access::SignInQuery;
use tidemill_api::problem::Problem;
use tidemill_app::Error;
use tidemill_app::sign_in::{PATIENCE_MS, begin as begin_at};

use crate::Server;
use crate::problem::ApiError;

/// Sign in with an account elsewhere: the answer leads the browser there, and back to `/session/callback`.
#[utoipa::path(get, path = "/session/providers/{name}", operation_id = "session_begin", tag = "session",
    params(("name" = String, Path), SignInQuery),
    responses((status = SEE_OTHER), (status = "default", body = Problem)))]
pub(super) async fn begin(
    State(server): State<Server>,
    Path(name): Path<String>,
    Query(SignInQuery { page }): Query<SignInQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| Error::invalid("failed to sign in: the request names no host"))?;
    let secure = super::is_secure(&headers);
    let scheme = if secure { "https" } else { "http" };
    let redirect = format!("{scheme}://{host}/api/v1/session/callback");
    let begun = begin_at(
        &server.app,
        &name,
        page.as_deref(),
        redirect,
        super::browser(&headers),
    )
    .await?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(url) = HeaderValue::from_str(&begun.url) {
        fields.insert(header::LOCATION, url);
    }
    if let Some(cookie) = super::sign_in_cookie(&begun.browser, PATIENCE_MS / 1000, secure) {
        fields.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
