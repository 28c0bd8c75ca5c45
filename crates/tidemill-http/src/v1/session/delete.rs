//! `DELETE /session`: sign-out.

use axum::Extension;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidemill_api::problem::Problem;
use tidemill_app::context::SignedIn;
use tidemill_app::session::sign_out;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Sign out: the session no longer counts, on no server.
#[utoipa::path(delete, path = "/session", operation_id = "session_delete", tag = "session",
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Extension(who): Extension<SignedIn>) -> Result<Response, ApiError> {
    sign_out(&ctx, who.credential.as_deref()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = super::cookie("", 0, false) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
