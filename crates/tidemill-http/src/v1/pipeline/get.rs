//! `GET /workspaces/{ws}/pipelines/{name}`: a published pipeline.

use axum::Json;
use axum::extract::Path;
use tidemill_api::pipeline::PublishedPipeline;
use tidemill_api::problem::Problem;
use tidemill_app::published_pipeline;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// A published pipeline, with its versions and the models that its runs made.
#[utoipa::path(get, path = "/workspaces/{ws}/pipelines/{name}", operation_id = "pipeline_get", tag = "pipeline",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = PublishedPipeline), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<PublishedPipeline>, ApiError> {
    Ok(Json(super::view(
        published_pipeline::get(&ctx, &ws, &name).await?,
    )))
}
