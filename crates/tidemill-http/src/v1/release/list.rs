//! `GET /workspaces/{ws}/releases`: releases, newest first.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::problem::Problem;
use tidemill_api::release::{ReleaseListQuery, Releases};
use tidemill_app::release;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Releases that were made in a workspace, newest first.
#[utoipa::path(get, path = "/workspaces/{ws}/releases", operation_id = "release_list", tag = "release",
    params(("ws" = String, Path), ReleaseListQuery),
    responses((status = OK, body = Releases), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<ReleaseListQuery>,
) -> Result<Json<Releases>, ApiError> {
    let found = release::list(&ctx, &ws, query.name.as_deref()).await?;
    Ok(Json(Releases {
        items: found.into_iter().map(super::view).collect(),
    }))
}
