//! `GET /workspaces/{ws}/trees/{digest}`: a tree that is there, whole.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::tree::TreeView;
use tidemill_app::tree;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// A tree that is there, whole.
#[utoipa::path(get, path = "/workspaces/{ws}/trees/{digest}", operation_id = "tree_get", tag = "tree",
    params(("ws" = String, Path), ("digest" = String, Path)),
    responses((status = OK, body = TreeView), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, digest)): Path<(String, String)>,
) -> Result<Json<TreeView>, ApiError> {
    Ok(Json(tree::get(&ctx, &ws, &digest).await?))
}
