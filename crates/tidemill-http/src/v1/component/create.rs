//! `POST …/components/{name}/versions` and `PUT …/versions/{version}`: makes a version.

use axum::Json;
use axum::extract::Path;
use serde_json::Value;
use tidemill_api::asset::AssetVersion;
use tidemill_api::problem::Problem;
use tidemill_app::component;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;
use crate::v1::asset::asset_body;

/// Make a version under the highest whole number and one, or under the one that the body says.
#[utoipa::path(post, path = "/workspaces/{ws}/components/{name}/versions", operation_id = "component_version_create", tag = "component",
    params(("ws" = String, Path), ("name" = String, Path)),
    request_body(content = Value, description = "The fields of the component's YAML."),
    responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(body): Body<Value>,
) -> Result<Json<AssetVersion>, ApiError> {
    let (version, spec) = asset_body(&name, None, body)?;
    Ok(Json(
        component::create(&ctx, &ws, &name, version.as_deref(), spec).await?,
    ))
}

/// Make this version. The same content again is the same answer.
#[utoipa::path(put, path = "/workspaces/{ws}/components/{name}/versions/{version}", operation_id = "component_version_put", tag = "component",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    request_body(content = Value, description = "The fields of the component's YAML."),
    responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    Body(body): Body<Value>,
) -> Result<Json<AssetVersion>, ApiError> {
    let (version, spec) = asset_body(&name, Some(version), body)?;
    Ok(Json(
        component::create(&ctx, &ws, &name, version.as_deref(), spec).await?,
    ))
}
