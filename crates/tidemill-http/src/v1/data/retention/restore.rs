//! `POST …/data/{name}/retention/restore`: brings a version back that was taken out.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::data_retention::RetentionRestore;
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Bring back a version that was taken out, while its time of grace lasts.
#[utoipa::path(post, path = "/workspaces/{ws}/data/{name}/retention/restore", operation_id = "data_retention_restore", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)), request_body = RetentionRestore,
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn restore(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(RetentionRestore { version }): Body<RetentionRestore>,
) -> Result<StatusCode, ApiError> {
    data_retention::restore(&ctx, &ws, &name, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}
