//! `GET …/data/{name}/retention/plan`: what would go, and what keeps the rest.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_retention::RetentionPlan;
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What would go now, what stays and what uses it, and the bytes that it would free. Nothing is changed.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/retention/plan", operation_id = "data_retention_plan", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = RetentionPlan), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn plan(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<RetentionPlan>, ApiError> {
    Ok(Json(data_retention::plan(&ctx, &ws, &name).await?))
}
