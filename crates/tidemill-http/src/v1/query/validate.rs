//! `POST …/data/{name}/versions/{version}/validations`: a version against expectations and a baseline.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::query::{ValidationAnswer, ValidationRequest};
use tidemill_app::{Error, validation};

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Check a version against expectations, and against a baseline. What it finds is added to the history of the asset; the version
/// itself stays as it is. An answer says whether it passed; only what cannot be checked is an error.
#[utoipa::path(post, path = "/workspaces/{ws}/data/{name}/versions/{version}/validations",
    operation_id = "data_validation_create", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    request_body = ValidationRequest,
    responses((status = OK, body = ValidationAnswer), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Body(request): Body<ValidationRequest>,
) -> Result<Json<ValidationAnswer>, ApiError> {
    let ValidationRequest {
        expectations,
        baseline,
    } = request;
    let (id, found) = validation::run(&ctx, &ws, &name, &version, expectations, baseline).await?;
    let value = |value: serde_json::Result<_>| value.map_err(Error::internal);
    Ok(Json(ValidationAnswer {
        id,
        validation: value(serde_json::to_value(found.validation))?,
        profile: value(serde_json::to_value(found.profile))?,
    }))
}
