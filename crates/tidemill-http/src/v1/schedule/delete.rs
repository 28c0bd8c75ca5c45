//! `DELETE /workspaces/{ws}/schedules/{name}`: removes a schedule.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::schedule;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a schedule with the history of its runs; the jobs that it submitted stay.
#[utoipa::path(delete, path = "/workspaces/{ws}/schedules/{name}", operation_id = "schedule_delete", tag = "schedule",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    schedule::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
