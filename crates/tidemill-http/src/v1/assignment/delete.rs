//! `DELETE /assignments/{name}`: takes a role away, at once.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::assignment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Take a role away.
#[utoipa::path(delete, path = "/assignments/{name}", operation_id = "assignment_delete", tag = "assignment",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    assignment::delete(&ctx, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
