//! `DELETE /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}`: removes an online deployment.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::online_deployment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove an online deployment that gets no traffic; answers when its instances have ended.
#[utoipa::path(delete, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}", operation_id = "online_deployment_delete", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    online_deployment::delete(&ctx, &ws, &endpoint, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
