//! `GET /workspaces/{ws}/datastores`: datastores by name.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::datastore::Datastore;
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_app::datastore;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Datastores by name.
#[utoipa::path(get, path = "/workspaces/{ws}/datastores", operation_id = "datastore_list", tag = "datastore",
    params(("ws" = String, Path), PageQuery),
    responses((status = OK, body = List<Datastore>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<Datastore>>, ApiError> {
    let rows = datastore::list(&ctx, &ws, &page(query)).await?.map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
