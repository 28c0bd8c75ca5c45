//! `GET /runner/assignment`: all that a runner must know.

use axum::Json;
use axum::http::{HeaderMap, header};
use tidemill_api::problem::Problem;
use tidemill_api::runner::Assignment;
use tidemill_app::runner;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// All that the runner of a job must know.
#[utoipa::path(get, path = "/runner/assignment", operation_id = "runner_assignment", tag = "runner",
    responses((status = OK, body = Assignment), (status = "default", body = Problem)))]
pub(super) async fn assignment(Ctx(ctx): Ctx, headers: HeaderMap) -> Result<Json<Assignment>, ApiError> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let token = given.split_once(' ').map_or("", |(_, token)| token.trim());
    Ok(Json(runner::assignment(&ctx, token).await?))
}
