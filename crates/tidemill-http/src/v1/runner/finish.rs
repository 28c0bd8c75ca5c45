//! `POST /runner/finish`: a job has ended.

use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_api::runner::Finish;
use tidemill_app::runner;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Report how a job ended.
#[utoipa::path(post, path = "/runner/finish", operation_id = "runner_finish", tag = "runner", request_body = Finish,
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn finish(Ctx(ctx): Ctx, Body(body): Body<Finish>) -> Result<StatusCode, ApiError> {
    runner::finish(&ctx, body).await?;
    Ok(StatusCode::NO_CONTENT)
}
