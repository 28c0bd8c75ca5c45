//! `POST /workspaces/{ws}/datastores/{name}/access`: lets a principal read, or read and write, a folder.

use axum::Json;
use axum::extract::Path;
use tidemill_api::datastore::{DatastoreAccess, NewDatastoreRule};
use tidemill_api::problem::Problem;
use tidemill_app::datastore_access;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Let a principal read, or read and write, a folder of a datastore. With the first rule, only those named may reach its files.
#[utoipa::path(post, path = "/workspaces/{ws}/datastores/{name}/access", operation_id = "datastore_access_grant", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path)), request_body = NewDatastoreRule,
    responses((status = OK, body = DatastoreAccess), (status = "default", body = Problem)))]
pub(super) async fn access_grant(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(NewDatastoreRule {
        principal,
        path,
        rights,
    }): Body<NewDatastoreRule>,
) -> Result<Json<DatastoreAccess>, ApiError> {
    let rules = datastore_access::grant(&ctx, &ws, &name, &principal, &path, &rights).await?;
    Ok(Json(super::access(rules)))
}
