//! `DELETE /workspaces/{ws}/online-endpoints/{name}`: removes an online endpoint with its deployments.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::online_endpoint;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove an online endpoint with its deployments; answers when their instances have ended.
#[utoipa::path(delete, path = "/workspaces/{ws}/online-endpoints/{name}", operation_id = "online_endpoint_delete", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    online_endpoint::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
