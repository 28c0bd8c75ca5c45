//! `DELETE /workspaces/{ws}/datastores/{name}/access/{rule}`: takes a rule away.

use axum::Json;
use axum::extract::Path;
use tidemill_api::datastore::DatastoreAccess;
use tidemill_api::problem::Problem;
use tidemill_app::datastore_access;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Take a rule of a datastore away, at once; the answer is what is left.
#[utoipa::path(delete, path = "/workspaces/{ws}/datastores/{name}/access/{rule}", operation_id = "datastore_access_revoke", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path), ("rule" = String, Path)),
    responses((status = OK, body = DatastoreAccess), (status = "default", body = Problem)))]
pub(super) async fn access_revoke(
    Ctx(ctx): Ctx,
    Path((ws, name, rule)): Path<(String, String, String)>,
) -> Result<Json<DatastoreAccess>, ApiError> {
    let rules = datastore_access::revoke(&ctx, &ws, &name, &rule).await?;
    Ok(Json(super::access(rules)))
}
