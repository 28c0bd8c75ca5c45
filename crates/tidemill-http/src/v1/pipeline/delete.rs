//! `DELETE /workspaces/{ws}/pipelines/{name}`: removes a published pipeline.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::published_pipeline;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a published pipeline with all its versions; its runs stay.
#[utoipa::path(delete, path = "/workspaces/{ws}/pipelines/{name}", operation_id = "pipeline_delete", tag = "pipeline",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    published_pipeline::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
