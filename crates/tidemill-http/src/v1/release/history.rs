//! `GET /workspaces/{ws}/release-history`: what happened to releases in the workspace of a stage.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::problem::Problem;
use tidemill_api::release::{ReleaseEvents, ReleaseHistoryQuery};
use tidemill_app::release;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What happened to releases in a workspace, newest first: what answered in it when, why, and who agreed.
#[utoipa::path(get, path = "/workspaces/{ws}/release-history", operation_id = "release_history", tag = "release",
    params(("ws" = String, Path), ReleaseHistoryQuery),
    responses((status = OK, body = ReleaseEvents), (status = "default", body = Problem)))]
pub(super) async fn history(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<ReleaseHistoryQuery>,
) -> Result<Json<ReleaseEvents>, ApiError> {
    let found = release::history(&ctx, &ws, query.until).await?;
    Ok(Json(ReleaseEvents {
        items: found.into_iter().map(super::event_view).collect(),
    }))
}
