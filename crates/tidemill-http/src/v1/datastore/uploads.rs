//! `…/datastores/{name}/uploads`: files that are brought to a datastore, and go on where they broke.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query};
use tidemill_api::datastore::{UploadQuery, UploadState};
use tidemill_api::problem::Problem;
use tidemill_app::datastore_file;

use crate::extract::{Ctx, stream};
use crate::problem::ApiError;

/// How far the upload of a file has come; a file of these bytes that lies there already is done.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores/{name}/uploads", operation_id = "datastore_upload_get", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), UploadQuery),
    responses((status = OK, body = UploadState), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<UploadQuery>,
) -> Result<Json<UploadState>, ApiError> {
    Ok(Json(
        datastore_file::upload_state(&ctx, &ws, &name, &query).await?,
    ))
}

/// Send the bytes of a file from `offset` to its end. Where the connection breaks, what arrived is kept for a week. With the last
/// byte the file is checked against its hash and put in its place.
#[utoipa::path(put, path = "/workspaces/{ws}/datastores/{name}/uploads", operation_id = "datastore_upload_put", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = OK, body = UploadState), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(query): Query<UploadQuery>,
    body: Body,
) -> Result<Json<UploadState>, ApiError> {
    Ok(Json(
        datastore_file::upload(&ctx, &ws, &name, &query, stream(body)).await?,
    ))
}
