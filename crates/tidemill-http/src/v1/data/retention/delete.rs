//! `DELETE …/data/{name}/retention`: keeps all versions from now on.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove the rule: all versions that are there stay.
#[utoipa::path(delete, path = "/workspaces/{ws}/data/{name}/retention", operation_id = "data_retention_delete", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn delete(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    data_retention::delete(&ctx, &ws, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
