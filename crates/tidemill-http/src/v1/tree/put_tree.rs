//! `PUT /workspaces/{ws}/trees/{digest}`: takes a tree whose bytes are all there.

use axum::Json;
use axum::body::Body;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::tree::TreeView;
use tidemill_app::tree;

use crate::extract::{Ctx, stream};
use crate::problem::ApiError;

/// Take a tree whose packs and blobs are all there: its manifest and where each content lies, as
/// `tidemill_objects::Tree::encode` writes them.
#[utoipa::path(put, path = "/workspaces/{ws}/trees/{digest}", operation_id = "tree_put", tag = "tree",
    params(("ws" = String, Path), ("digest" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = OK, body = TreeView), (status = "default", body = Problem)))]
pub(super) async fn put_tree(
    Ctx(ctx): Ctx,
    Path((ws, digest)): Path<(String, String)>,
    body: Body,
) -> Result<Json<TreeView>, ApiError> {
    Ok(Json(tree::put(&ctx, &ws, &digest, stream(body)).await?))
}
