//! `GET /workspaces/{ws}/datastores/{name}/access`: who may read or write what lies where.

use axum::Json;
use axum::extract::Path;
use tidemill_api::datastore::DatastoreAccess;
use tidemill_api::problem::Problem;
use tidemill_app::datastore_access;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Who may read or write what lies where in a datastore.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores/{name}/access", operation_id = "datastore_access_list", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = DatastoreAccess), (status = "default", body = Problem)))]
pub(super) async fn access_list(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<DatastoreAccess>, ApiError> {
    let rules = datastore_access::list(&ctx, &ws, &name).await?;
    Ok(Json(super::access(rules)))
}
