//! `GET /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}`: one online deployment.

use axum::Json;
use axum::extract::Path;
use tidemill_api::endpoint::OnlineDeployment;
use tidemill_api::problem::Problem;
use tidemill_app::online_deployment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One online deployment, with its instances.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}", operation_id = "online_deployment_get", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = OnlineDeployment), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name)): Path<(String, String, String)>,
) -> Result<Json<OnlineDeployment>, ApiError> {
    let shown = online_deployment::get(&ctx, &ws, &endpoint, &name).await?;
    Ok(Json(super::view(shown)))
}
