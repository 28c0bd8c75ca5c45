//! `GET …/data/{name}/retention`: how long versions are kept.

use axum::Json;
use axum::extract::Path;
use tidemill_api::data_retention::Retention;
use tidemill_api::problem::Problem;
use tidemill_app::data_retention;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// How long the versions of a data asset are kept; not found where all are.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/retention", operation_id = "data_retention_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Retention), (status = "default", body = Problem)))]
pub(in crate::v1::data) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Retention>, ApiError> {
    Ok(Json(data_retention::get(&ctx, &ws, &name).await?))
}
