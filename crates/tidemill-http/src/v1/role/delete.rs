//! `DELETE /roles/{name}`: removes a role that nobody has.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::role;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a role that nobody has.
#[utoipa::path(delete, path = "/roles/{name}", operation_id = "role_delete", tag = "role",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    role::delete(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
