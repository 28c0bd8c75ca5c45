//! `PUT /groups/{group}/secrets/{name}`: sets a secret, which makes a new version.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::secret::{Secret, SecretPut};
use tidemill_app::secret;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Set a secret; another value makes a new version.
#[utoipa::path(put, path = "/groups/{group}/secrets/{name}", operation_id = "secret_put", tag = "secret",
    params(("group" = String, Path), ("name" = String, Path)), request_body = SecretPut,
    responses((status = OK, body = Secret), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((group, name)): Path<(String, String)>,
    Body(given): Body<SecretPut>,
) -> Result<Json<Secret>, ApiError> {
    let SecretPut { value, description } = given;
    let row = secret::set(&ctx, &group, &name, &value, description).await?;
    Ok(Json(super::view(row)))
}
