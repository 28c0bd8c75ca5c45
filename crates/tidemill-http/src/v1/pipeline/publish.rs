//! `PUT /workspaces/{ws}/pipelines/{name}`: publishes a version of a pipeline.

use axum::Json;
use axum::extract::Path;
use tidemill_api::pipeline::PublishedPipeline;
use tidemill_api::problem::Problem;
use tidemill_app::published_pipeline;

use crate::extract::{Body, Ctx, named};
use crate::problem::ApiError;

/// Publish a pipeline under the next version of its name, which is the default one from then on.
#[utoipa::path(put, path = "/workspaces/{ws}/pipelines/{name}", operation_id = "pipeline_publish", tag = "pipeline",
    params(("ws" = String, Path), ("name" = String, Path)),
    request_body(content = serde_json::Value, description = "The fields of the published pipeline's YAML, with its pipeline written out."),
    responses((status = OK, body = PublishedPipeline), (status = "default", body = Problem)))]
pub(super) async fn publish(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<PublishedPipeline>, ApiError> {
    let shown = published_pipeline::publish(&ctx, &ws, &name, named(&name, body)?).await?;
    Ok(Json(super::view(shown)))
}
