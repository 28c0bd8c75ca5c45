//! `POST …/data/{name}/retention/apply`: lets go what the plan says.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_retention::RetentionPlan;
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Do what the plan says; the answer is that plan. Versions are taken out first, and go for good once their time of grace is over.
#[utoipa::path(post, path = "/workspaces/{ws}/data/{name}/retention/apply", operation_id = "data_retention_apply", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = RetentionPlan), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn apply(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<RetentionPlan>, ApiError> {
    Ok(Json(data_retention::apply(&ctx, &ws, &name).await?))
}
