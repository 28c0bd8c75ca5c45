//! `POST …/metric-points:import`: points from elsewhere.

use axum::Json;
use axum::extract::Path;
use tidemill_api::import::{ImportAnswer, ImportPoints};
use tidemill_api::problem::Problem;
use tidemill_app::import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Import points of runs whose import has not ended. The same point again changes nothing.
#[utoipa::path(post, path = "/workspaces/{ws}/metric-points:import", operation_id = "metric_point_import", tag = "import",
    params(("ws" = String, Path)), request_body = ImportPoints,
    responses((status = OK, body = ImportAnswer), (status = "default", body = Problem)))]
pub(super) async fn points(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<ImportPoints>,
) -> Result<Json<ImportAnswer>, ApiError> {
    Ok(Json(import::points(&ctx, &ws, body).await?))
}
