//! `POST /runner/environment`: the environment that was prepared.

use axum::Json;
use tidemill_api::problem::Problem;
use tidemill_api::runner::{EnvironmentReport, Orders};
use tidemill_app::runner;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Report the environment that was prepared.
#[utoipa::path(post, path = "/runner/environment", operation_id = "runner_environment", tag = "runner",
    request_body = EnvironmentReport, responses((status = OK, body = Orders), (status = "default", body = Problem)))]
pub(super) async fn environment(
    Ctx(ctx): Ctx,
    Body(body): Body<EnvironmentReport>,
) -> Result<Json<Orders>, ApiError> {
    Ok(Json(runner::environment(&ctx, body).await?))
}
