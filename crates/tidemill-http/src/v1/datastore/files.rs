//! `GET …/datastores/{name}/files`: folders of a datastore, and the bytes of its files.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::datastore::{DatastoreFile, DatastoreFolder, FolderQuery};
use tidemill_api::problem::Problem;
use tidemill_app::datastore_file;

use crate::bytes_out;
use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::range::{self, Asked};

/// What one folder holds, by name.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores/{name}/files", operation_id = "datastore_file_list", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), FolderQuery),
    responses((status = OK, body = DatastoreFolder), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Query(FolderQuery { path }): Query<FolderQuery>,
) -> Result<Json<DatastoreFolder>, ApiError> {
    let (found, read_only) =
        datastore_file::list(&ctx, &ws, &name, path.as_deref().unwrap_or_default()).await?;
    let file = |file: tidemill_app::datastore_file::FileMeta| DatastoreFile {
        path: file.path.to_string(),
        size_bytes: file.size_bytes,
        modified_at: file.modified_ms,
    };
    Ok(Json(DatastoreFolder {
        folders: found.folders.iter().map(ToString::to_string).collect(),
        files: found.files.into_iter().map(file).collect(),
        read_only,
    }))
}

/// The bytes of a file, or of the range that the header `Range` asks for.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores/{name}/files/{*path}", operation_id = "datastore_file_get", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), ("path" = String, Path)),
    responses((status = OK, body = Vec<u8>, content_type = "application/octet-stream"), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, path)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let range = match Asked::of(&headers) {
        None => None,
        Some(asked) => {
            let size = datastore_file::head(&ctx, &ws, &name, &path).await?.size_bytes;
            match asked.within(size) {
                Some(range) => Some(range),
                None => return Ok(range::not_satisfiable(size)),
            }
        }
    };
    let file = datastore_file::get(&ctx, &ws, &name, &path, range.clone()).await?;
    let whole = bytes_out::stream(&path, file.size_bytes, file.bytes);
    Ok(range::told(whole, range, file.size_bytes))
}
