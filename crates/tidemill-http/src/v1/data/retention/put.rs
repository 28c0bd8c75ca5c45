//! `PUT …/data/{name}/retention`: sets how long versions are kept.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_retention::{Retention, RetentionSpec};
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Set how long the versions of a data asset are kept. Nothing goes before `retention:apply`.
#[utoipa::path(put, path = "/workspaces/{ws}/data/{name}/retention", operation_id = "data_retention_put", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)), request_body = RetentionSpec,
    responses((status = OK, body = Retention), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(spec): Body<RetentionSpec>,
) -> Result<Json<Retention>, ApiError> {
    Ok(Json(data_retention::put(&ctx, &ws, &name, spec).await?))
}
