//! `GET /workspaces/{ws}/online-endpoints/{endpoint}/deployments`: the deployments of an online endpoint.

use axum::Json;
use axum::extract::Path;
use tidemill_api::endpoint::OnlineDeployment;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::online_deployment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The deployments of an online endpoint by name; all of them are on the first page.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments", operation_id = "online_deployment_list", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path)),
    responses((status = OK, body = List<OnlineDeployment>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, endpoint)): Path<(String, String)>,
) -> Result<Json<List<OnlineDeployment>>, ApiError> {
    let all = online_deployment::list(&ctx, &ws, &endpoint).await?;
    Ok(Json(List {
        items: all.into_iter().map(super::view).collect(),
        next: None,
    }))
}
