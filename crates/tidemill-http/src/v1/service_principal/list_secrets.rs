//! `GET /service-principals/{name}/secrets`: its secrets, without their texts.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Token;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};
use tidemill_app::service_principal::subject;

use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::v1::token::view;

/// Secrets of a service principal.
#[utoipa::path(get, path = "/service-principals/{name}/secrets", operation_id = "service_principal_list_secrets",
    tag = "service_principal", params(("name" = String, Path)),
    responses((status = OK, body = List<Token>), (status = "default", body = Problem)))]
pub(super) async fn list_secrets(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
) -> Result<Json<List<Token>>, ApiError> {
    let rows = credential::list(&ctx, Purpose::Secret, &subject(&name)).await?;
    Ok(Json(List {
        items: rows.into_iter().map(|row| view(row, None)).collect(),
        next: None,
    }))
}
