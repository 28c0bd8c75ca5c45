//! `PATCH /workspaces/{ws}/jobs/{name}`: changes what people may change.

use axum::Json;
use axum::extract::Path;
use tidemill_api::job::{Job, PatchJob};
use tidemill_api::problem::Problem;
use tidemill_app::job;

use super::view;
use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Change the display name, the description or tags.
#[utoipa::path(patch, path = "/workspaces/{ws}/jobs/{name}", operation_id = "job_patch", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path)), request_body = PatchJob,
    responses((status = OK, body = Job), (status = "default", body = Problem)))]
pub(super) async fn patch(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(body): Body<PatchJob>,
) -> Result<Json<Job>, ApiError> {
    let PatchJob {
        display_name,
        description,
        tags,
    } = body;
    let row = job::patch(&ctx, &ws, &name, display_name, description, tags).await?;
    Ok(Json(view::full(&ctx, row).await?))
}
