//! `GET /workspaces/{ws}/schedules/{name}`: a schedule, with its next times.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::schedule::Schedule;
use tidemill_app::schedule;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// A schedule, with its next times.
#[utoipa::path(get, path = "/workspaces/{ws}/schedules/{name}", operation_id = "schedule_get", tag = "schedule",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Schedule), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Schedule>, ApiError> {
    Ok(Json(super::view(schedule::get(&ctx, &ws, &name).await?)))
}
