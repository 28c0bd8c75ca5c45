//! `PUT /workspaces/{ws}/blobs/{hash}`: takes a large file, streamed.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, tree};

use crate::extract::{Ctx, stream};
use crate::problem::ApiError;

/// Take a large file; its name is the hash of its bytes, and `Content-Length` is their number.
#[utoipa::path(put, path = "/workspaces/{ws}/blobs/{hash}", operation_id = "tree_put_blob", tag = "tree",
    params(("ws" = String, Path), ("hash" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn put_blob(
    Ctx(ctx): Ctx,
    Path((ws, hash)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let length = length.ok_or_else(|| {
        Error::invalid(format!("failed to accept blob {hash}: its size is not known"))
            .hint("send Content-Length")
    })?;
    tree::put_blob(&ctx, &ws, &hash, length, stream(body)).await?;
    Ok(StatusCode::NO_CONTENT)
}
