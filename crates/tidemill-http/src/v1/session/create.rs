//! `POST /session`: sign-in to the studio with a name and a password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidemill_api::access::SignIn;
use tidemill_api::problem::Problem;
use tidemill_app::session::{SESSION_MS, sign_in};

use crate::Server;
use crate::extract::{Body, From};
use crate::problem::ApiError;

/// Sign in: the answer sets the cookie of the session.
#[utoipa::path(post, path = "/session", operation_id = "session_create", tag = "session", request_body = SignIn,
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn create(
    axum::extract::State(server): State<Server>,
    From(origin): From,
    headers: HeaderMap,
    Body(SignIn { user, password }): Body<SignIn>,
) -> Result<Response, ApiError> {
    let (_, text) = sign_in(&server.app, &user, &password, &origin).await?;
    let secure = headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto == "https");
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = super::cookie(&text, SESSION_MS / 1000, secure) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
