//! `POST …/logged-models:import`: logged models from elsewhere.

use axum::Json;
use axum::extract::Path;
use tidemill_api::import::{ImportAnswer, ImportLoggedModels};
use tidemill_api::problem::Problem;
use tidemill_app::import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Import logged models under their ids. Each begins unfinished; one that is there stays as it is.
#[utoipa::path(post, path = "/workspaces/{ws}/logged-models:import", operation_id = "logged_model_import", tag = "import",
    params(("ws" = String, Path)), request_body = ImportLoggedModels,
    responses((status = OK, body = ImportAnswer), (status = "default", body = Problem)))]
pub(super) async fn logged_models(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<ImportLoggedModels>,
) -> Result<Json<ImportAnswer>, ApiError> {
    Ok(Json(import::logged_models(&ctx, &ws, body).await?))
}
