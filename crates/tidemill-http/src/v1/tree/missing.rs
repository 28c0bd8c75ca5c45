//! `POST /workspaces/{ws}/trees:missing`: which of the contents are still to be sent.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::tree::TreeContents;
use tidemill_app::tree;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Which of these blobs and packs are still to be sent.
#[utoipa::path(post, path = "/workspaces/{ws}/trees:missing", operation_id = "tree_missing", tag = "tree",
    params(("ws" = String, Path)), request_body = TreeContents,
    responses((status = OK, body = TreeContents), (status = "default", body = Problem)))]
pub(super) async fn missing(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(asked): Body<TreeContents>,
) -> Result<Json<TreeContents>, ApiError> {
    Ok(Json(tree::missing(&ctx, &ws, asked).await?))
}
