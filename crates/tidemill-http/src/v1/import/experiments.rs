//! `POST …/experiments:import`: experiments from elsewhere.

use axum::Json;
use axum::extract::Path;
use tidemill_api::import::{ImportAnswer, ImportExperiments};
use tidemill_api::problem::Problem;
use tidemill_app::import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Import experiments by their names. One of the same name takes the tags that it misses, and stays as it is otherwise.
#[utoipa::path(post, path = "/workspaces/{ws}/experiments:import", operation_id = "experiment_import", tag = "import",
    params(("ws" = String, Path)), request_body = ImportExperiments,
    responses((status = OK, body = ImportAnswer), (status = "default", body = Problem)))]
pub(super) async fn experiments(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<ImportExperiments>,
) -> Result<Json<ImportAnswer>, ApiError> {
    Ok(Json(import::experiments(&ctx, &ws, body).await?))
}
