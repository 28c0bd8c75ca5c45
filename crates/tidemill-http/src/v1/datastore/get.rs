//! `GET /workspaces/{ws}/datastores/{name}`: one datastore, without its secrets.

use axum::Json;
use axum::extract::Path;
use tidemill_api::datastore::Datastore;
use tidemill_api::problem::Problem;
use tidemill_app::datastore;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// One datastore, without its secrets.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores/{name}", operation_id = "datastore_get", tag = "datastore",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = Datastore), (status = "default", body = Problem)))]
pub(super) async fn get(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<Datastore>, ApiError> {
    Ok(Json(super::view(datastore::get(&ctx, &ws, &name).await?)))
}
