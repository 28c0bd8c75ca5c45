//! `DELETE /workspaces/{ws}/computes/{name}`: removes a compute; jobs that run on it go on.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::compute;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a compute; jobs that run on it go on.
#[utoipa::path(delete, path = "/workspaces/{ws}/computes/{name}", operation_id = "compute_delete", tag = "compute",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    compute::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
