//! `DELETE /groups/{group}/secrets/{name}`: deletes a secret, which can be restored.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_api::secret::SecretDelete;
use tidemill_app::secret;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Delete a secret; it can be restored, unless it is purged.
#[utoipa::path(delete, path = "/groups/{group}/secrets/{name}", operation_id = "secret_delete", tag = "secret",
    params(("group" = String, Path), ("name" = String, Path), SecretDelete),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((group, name)): Path<(String, String)>,
    Query(how): Query<SecretDelete>,
) -> Result<StatusCode, ApiError> {
    secret::delete(&ctx, &group, &name, how.purge).await?;
    Ok(StatusCode::NO_CONTENT)
}
