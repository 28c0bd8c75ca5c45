//! `PUT /session/password`: a new password of one's own.

use axum::http::StatusCode;
use tidemill_api::access::NewPassword;
use tidemill_api::problem::Problem;
use tidemill_app::session::change_password;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Set one's own password; every session ends.
#[utoipa::path(put, path = "/session/password", operation_id = "session_set_password", tag = "session",
    request_body = NewPassword, responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn set_password(
    Ctx(ctx): Ctx,
    Body(NewPassword { old, new }): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    change_password(&ctx, &old, new).await?;
    Ok(StatusCode::NO_CONTENT)
}
