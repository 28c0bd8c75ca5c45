//! `POST …/runs:import`: runs from elsewhere.

use axum::Json;
use axum::extract::Path;
use tidemill_api::import::{ImportAnswer, ImportRuns};
use tidemill_api::problem::Problem;
use tidemill_app::import;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Import runs under their ids. Each begins unfinished; one that is there stays as it is. Name it in `finished` when its points and files are here.
#[utoipa::path(post, path = "/workspaces/{ws}/runs:import", operation_id = "run_import", tag = "import",
    params(("ws" = String, Path)), request_body = ImportRuns,
    responses((status = OK, body = ImportAnswer), (status = "default", body = Problem)))]
pub(super) async fn runs(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<ImportRuns>,
) -> Result<Json<ImportAnswer>, ApiError> {
    Ok(Json(import::runs(&ctx, &ws, body).await?))
}
