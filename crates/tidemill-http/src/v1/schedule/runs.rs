//! `GET /workspaces/{ws}/schedules/{name}/runs`: what a schedule did.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::problem::Problem;
use tidemill_api::schedule::{ScheduleRuns, ScheduleRunsQuery};
use tidemill_app::schedule;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What a schedule did, newest first: each time that it fell due, and the job that it started.
#[utoipa::path(get, path = "/workspaces/{ws}/schedules/{name}/runs", operation_id = "schedule_runs", tag = "schedule",
    params(("ws" = String, Path), ("name" = String, Path), ScheduleRunsQuery),
    responses((status = OK, body = ScheduleRuns), (status = "default", body = Problem)))]
pub(super) async fn runs(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<ScheduleRunsQuery>,
) -> Result<Json<ScheduleRuns>, ApiError> {
    let found = schedule::runs(&ctx, &ws, &name, query.limit.unwrap_or(100).clamp(1, 1000)).await?;
    Ok(Json(ScheduleRuns {
        items: found.into_iter().map(super::run_view).collect(),
    }))
}
