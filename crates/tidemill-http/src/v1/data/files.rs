//! `GET …/data/{name}/versions/{version}/files`: what a version consists of, and the bytes of each file.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use tidemill_api::asset::AssetFile;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::data_file;

use crate::bytes_out;
use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::range::{self, Asked};

/// The files of a version, as they were when it was made.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/files", operation_id = "data_file_list", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    responses((status = OK, body = List<AssetFile>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
) -> Result<Json<List<AssetFile>>, ApiError> {
    let manifest = data_file::list(&ctx, &ws, &name, &version).await?;
    let items = manifest
        .entries()
        .iter()
        .map(|entry| AssetFile {
            path: entry.path.to_string(),
            size_bytes: entry.size_bytes,
            hash: Some(entry.hash.to_hex()),
        })
        .collect();
    Ok(Json(List { items, next: None }))
}

/// The bytes of one file of a version, or of the range that the header `Range` asks for; a conflict where another file lies there by
/// now.
#[utoipa::path(get, path = "/workspaces/{ws}/data/{name}/versions/{version}/files/{*path}", operation_id = "data_file_get", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path), ("path" = String, Path)),
    responses((status = OK, body = Vec<u8>, content_type = "application/octet-stream"), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name, version, path)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let range = match Asked::of(&headers) {
        None => None,
        Some(asked) => {
            let size = data_file::size(&ctx, &ws, &name, &version, &path).await?;
            match asked.within(size) {
                Some(range) => Some(range),
                None => return Ok(range::not_satisfiable(size)),
            }
        }
    };
    let file = data_file::get(&ctx, &ws, &name, &version, &path, range.clone()).await?;
    let whole = bytes_out::stream(&path, file.size_bytes, file.bytes);
    Ok(range::told(whole, range, file.size_bytes))
}
