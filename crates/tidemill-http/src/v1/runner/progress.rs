//! `POST /runner/progress`: where a runner is with its job.

use axum::Json;
use tidemill_api::problem::Problem;
use tidemill_api::runner::{Orders, Progress};
use tidemill_app::runner;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Say where a runner is with its job.
#[utoipa::path(post, path = "/runner/progress", operation_id = "runner_progress", tag = "runner", request_body = Progress,
    responses((status = OK, body = Orders), (status = "default", body = Problem)))]
pub(super) async fn progress(Ctx(ctx): Ctx, Body(body): Body<Progress>) -> Result<Json<Orders>, ApiError> {
    Ok(Json(runner::progress(&ctx, body).await?))
}
