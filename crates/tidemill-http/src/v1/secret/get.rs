//! `GET /groups/{group}/secrets/{name}`: one secret, without its value.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::secret::Secret;
use tidemill_app::secret;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One secret, without its value.
#[utoipa::path(get, path = "/groups/{group}/secrets/{name}", operation_id = "secret_get", tag = "secret",
    params(("group" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Secret), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((group, name)): Path<(String, String)>,
) -> Result<Json<Secret>, ApiError> {
    Ok(Json(super::view(secret::get(&ctx, &group, &name).await?)))
}
