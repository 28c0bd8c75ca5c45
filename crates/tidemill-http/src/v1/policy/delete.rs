//! `DELETE /workspaces/{ws}/policy`: removes the policy of a workspace.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::policy;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove the policy of a workspace: then everything is allowed.
#[utoipa::path(delete, path = "/workspaces/{ws}/policy", operation_id = "policy_delete", tag = "policy",
    params(("ws" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<StatusCode, ApiError> {
    policy::delete(&ctx, &ws).await?;
    Ok(StatusCode::NO_CONTENT)
}
