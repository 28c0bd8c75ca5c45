//! `POST /workspaces/{ws}/releases`: makes a release.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::release::Release;
use tidemill_app::release;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Make a release of exactly what a deployment of the first stage runs.
#[utoipa::path(post, path = "/workspaces/{ws}/releases", operation_id = "release_create", tag = "release",
    params(("ws" = String, Path)),
    request_body(content = serde_json::Value, description = "The fields of the release's YAML."),
    responses((status = OK, body = Release), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(spec): Body<tidemill_spec::kinds::Release>,
) -> Result<Json<Release>, ApiError> {
    Ok(Json(super::view(release::create(&ctx, &ws, spec).await?)))
}
