//! `POST /runner/heartbeat`: a runner lives.

use axum::Json;
use tidemill_api::problem::Problem;
use tidemill_api::runner::Orders;
use tidemill_app::runner;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Say that a runner lives.
#[utoipa::path(post, path = "/runner/heartbeat", operation_id = "runner_heartbeat", tag = "runner",
    responses((status = OK, body = Orders), (status = "default", body = Problem)))]
pub(super) async fn heartbeat(Ctx(ctx): Ctx) -> Result<Json<Orders>, ApiError> {
    Ok(Json(runner::heartbeat(&ctx).await?))
}
