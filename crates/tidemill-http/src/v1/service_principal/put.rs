//! `PUT /service-principals/{name}`: makes or changes a service principal.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::Principal;
use tidemill_api::problem::Problem;
use tidemill_app::service_principal;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;
use crate::v1::principal_view;

/// Make or change a service principal.
#[utoipa::path(put, path = "/service-principals/{name}", operation_id = "service_principal_put", tag = "service_principal",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the service principal."),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Principal>, ApiError> {
    let row = service_principal::put(&ctx, named(&name, body)?, if_match(&headers)?).await?;
    Ok(Json(principal_view(row)))
}
