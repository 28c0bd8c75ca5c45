//! `GET /groups/{group}/secrets`: secrets by name, without their values.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::page::{List, PageQuery};
use tidemill_api::problem::Problem;
use tidemill_api::secret::{Secret, SecretQuery};
use tidemill_app::secret;

use crate::extract::{Ctx, page};
use crate::problem::ApiError;

/// Secrets by name, without their values.
#[utoipa::path(get, path = "/groups/{group}/secrets", operation_id = "secret_list", tag = "secret",
    params(("group" = String, Path), SecretQuery, PageQuery),
    responses((status = OK, body = List<Secret>), (status = "default", body = Problem)))]
pub(super) async fn list(
    Ctx(ctx): Ctx,
    Path(group): Path<String>,
    Query(which): Query<SecretQuery>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<Secret>>, ApiError> {
    let rows = secret::list(&ctx, &group, which.deleted, &page(query)).await?;
    let rows = rows.map(super::view);
    Ok(Json(List {
        items: rows.items,
        next: rows.next,
    }))
}
