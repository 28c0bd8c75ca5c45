//! `POST …/models:import`: registered models from elsewhere.

use axum::Json;
use axum::extract::Path;
use tidemill_api::import::{ImportAnswer, ImportModels};
use tidemill_api::problem::Problem;
use tidemill_app::import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Import registered models with their versions under their numbers, aliases and stages. What is there stays as it is.
#[utoipa::path(post, path = "/workspaces/{ws}/models:import", operation_id = "model_import", tag = "import",
    params(("ws" = String, Path)), request_body = ImportModels,
    responses((status = OK, body = ImportAnswer), (status = "default", body = Problem)))]
pub(super) async fn models(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<ImportModels>,
) -> Result<Json<ImportAnswer>, ApiError> {
    Ok(Json(import::models(&ctx, &ws, body).await?))
}
