//! `GET /workspaces/{ws}/policy`: the policy of a workspace.

use axum::Json;
use axum::extract::Path;
use tidemill_api::policy::Policy;
use tidemill_api::problem::Problem;
use tidemill_app::policy;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The policy of a workspace.
#[utoipa::path(get, path = "/workspaces/{ws}/policy", operation_id = "policy_get", tag = "policy",
    params(("ws" = String, Path)),
    responses((status = OK, body = Policy), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<Json<Policy>, ApiError> {
    Ok(Json(super::view(policy::get(&ctx, &ws).await?)))
}
