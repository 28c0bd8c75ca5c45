//! `DELETE /workspaces/{ws}`: deletes an empty workspace.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::workspace;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Delete an empty workspace.
#[utoipa::path(delete, path = "/workspaces/{ws}", operation_id = "workspace_delete", tag = "workspace",
    params(("ws" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<StatusCode, ApiError> {
    workspace::delete(&ctx, &ws).await?;
    Ok(StatusCode::NO_CONTENT)
}
