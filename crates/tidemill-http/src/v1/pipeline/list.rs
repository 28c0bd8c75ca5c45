//! `GET /workspaces/{ws}/pipelines`: published pipelines by name.

use axum::Json;
use axum::extract::Path;
use tidemill_api::pipeline::PublishedPipelines;
use tidemill_api::problem::Problem;
use tidemill_app::published_pipeline;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Published pipelines by name.
#[utoipa::path(get, path = "/workspaces/{ws}/pipelines", operation_id = "pipeline_list", tag = "pipeline",
    params(("ws" = String, Path)),
    responses((status = OK, body = PublishedPipelines), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
) -> Result<Json<PublishedPipelines>, ApiError> {
    let found = published_pipeline::list(&ctx, &ws).await?;
    Ok(Json(PublishedPipelines {
        items: found.into_iter().map(super::view).collect(),
    }))
}
