//! `POST …/data/{name}/versions` and `PUT …/versions/{version}`: makes a version.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use tidemill_api::asset::AssetVersion;
use tidemill_api::problem::Problem;
use tidemill_app::data;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;
use crate::v1::asset::{asset_body, told};

/// Make a version under the highest whole number and one, or under the one that the body says. With
/// `Accept: text/event-stream` come the events `progress`, then `done` with the version, or `problem`.
#[utoipa::path(post, path = "/workspaces/{ws}/data/{name}/versions", operation_id = "data_version_create", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path)),
    request_body(content = Value, description = "The fields of the YAML of data."),
    responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
pub(super) async fn create(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Response, ApiError> {
    let (version, spec) = asset_body(&name, None, body)?;
    told(&headers, |counter| async move {
        data::create(&ctx, &ws, &name, version.as_deref(), spec, &*counter).await
    })
    .await
}

/// Make this version. The same content again is the same answer. Events come as when one is made without a number.
#[utoipa::path(put, path = "/workspaces/{ws}/data/{name}/versions/{version}", operation_id = "data_version_put", tag = "data",
    params(("ws" = String, Path), ("name" = String, Path), ("version" = String, Path)),
    request_body(content = Value, description = "The fields of the YAML of data."),
    responses((status = OK, body = AssetVersion), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name, version)): Path<(String, String, String)>,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Response, ApiError> {
    let (version, spec) = asset_body(&name, Some(version), body)?;
    told(&headers, |counter| async move {
        data::create(&ctx, &ws, &name, version.as_deref(), spec, &*counter).await
    })
    .await
}
