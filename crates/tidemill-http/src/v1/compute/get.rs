//! `GET /workspaces/{ws}/computes/{name}`: one compute.

use axum::Json;
use axum::extract::Path;
use tidemill_api::compute::Compute;
use tidemill_api::problem::Problem;
use tidemill_app::compute;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One compute.
#[utoipa::path(get, path = "/workspaces/{ws}/computes/{name}", operation_id = "compute_get", tag = "compute",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Compute), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Compute>, ApiError> {
    let row = compute::get(&ctx, &ws, &name).await?;
    Ok(Json(super::shown(&ctx, row).await?))
}
