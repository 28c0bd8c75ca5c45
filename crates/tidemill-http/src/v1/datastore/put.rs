//! `PUT /workspaces/{ws}/datastores/{name}`: makes or changes a datastore.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::datastore::Datastore;
use tidemill_api::problem::Problem;
use tidemill_app::datastore;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a datastore.
#[utoipa::path(put, path = "/workspaces/{ws}/datastores/{name}", operation_id = "datastore_put", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the datastore's YAML."),
    responses((status = OK, body = Datastore), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Datastore>, ApiError> {
    let row = datastore::put(&ctx, &ws, &name, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(super::view(row)))
}
