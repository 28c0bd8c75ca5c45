//! `DELETE /groups/{g}`: deletes a group without workspaces.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::group;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Delete a group without workspaces.
#[utoipa::path(delete, path = "/groups/{g}", operation_id = "group_delete", tag = "group",
    params(("g" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(g): Path<String>) -> Result<StatusCode, ApiError> {
    group::delete(&ctx, &g).await?;
    Ok(StatusCode::NO_CONTENT)
}
