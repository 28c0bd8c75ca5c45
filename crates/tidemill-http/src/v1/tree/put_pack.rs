//! `PUT /workspaces/{ws}/packs/{id}`: takes a pack of small files.

use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::tree::PackView;
use tidemill_app::tree;

use crate::extract::{Ctx, stream};
use crate::problem::ApiError;

/// Take a pack of small files; its name is the hash of its bytes.
#[utoipa::path(put, path = "/workspaces/{ws}/packs/{id}", operation_id = "tree_put_pack", tag = "tree",
    params(("ws" = String, Path), ("id" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = OK, body = PackView), (status = "default", body = Problem)))]
pub(super) async fn put_pack(
    Ctx(ctx): Ctx,
    Path((ws, id)): Path<(String, String)>,
    body: Body,
) -> Result<Json<PackView>, ApiError> {
    let size_bytes = body.size_hint().exact().unwrap_or_default();
    Ok(Json(
        tree::put_pack(&ctx, &ws, &id, size_bytes, stream(body)).await?,
    ))
}
