//! `DELETE /workspaces/{ws}/datastores/{name}`: removes a datastore; its bytes stay where they are.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::datastore;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a datastore; its bytes stay where they are.
#[utoipa::path(delete, path = "/workspaces/{ws}/datastores/{name}", operation_id = "datastore_delete", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    datastore::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
