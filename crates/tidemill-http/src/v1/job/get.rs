//! `GET /workspaces/{ws}/jobs/{name}`: one job.

use axum::Json;
use axum::extract::Path;
use tidemill_api::job::Job;
use tidemill_api::problem::Problem;
use tidemill_app::job;

use super::view;
use crate::extract::Ctx;
use crate::problem::ApiError;

/// One job, with why it waits.
#[utoipa::path(get, path = "/workspaces/{ws}/jobs/{name}", operation_id = "job_get", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Job), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Job>, ApiError> {
    let row = job::get(&ctx, &ws, &name).await?;
    Ok(Json(view::full(&ctx, row).await?))
}
