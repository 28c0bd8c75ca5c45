//! `POST /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}:restart`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::endpoint::OnlineDeployment;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, online_deployment};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on an online deployment: `{name}:restart` starts all its instances anew, one after the other, while others answer.
#[utoipa::path(post, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}", operation_id = "online_deployment_act", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path, description = "The deployment's name and the action, as in `blue:restart`.")),
    responses((status = OK, body = OnlineDeployment), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name_and_action)): Path<(String, String, String)>,
) -> Result<Json<OnlineDeployment>, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    if action != "restart" {
        let message = format!("failed to act on deployment `{name}`: there is no action `{action}`");
        return Err(Error::invalid(message).hint("write {name}:restart").into());
    }
    let shown = online_deployment::restart(&ctx, &ws, &endpoint, name).await?;
    Ok(Json(super::view(shown)))
}
