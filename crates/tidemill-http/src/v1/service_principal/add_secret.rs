//! `POST /service-principals/{name}/secrets`: makes a secret, and shows it this once.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::{NewToken, Token};
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};
use tidemill_app::service_principal::subject;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;
use crate::v1::token::{asked, view};

/// Make a secret of a service principal.
#[utoipa::path(post, path = "/service-principals/{name}/secrets", operation_id = "service_principal_add_secret",
    tag = "service_principal", params(("name" = String, Path)), request_body = NewToken,
    responses((status = OK, body = Token), (status = "default", body = Problem)))]
pub(super) async fn add_secret(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    Body(body): Body<NewToken>,
) -> Result<Json<Token>, ApiError> {
    let (row, text) = credential::create(&ctx, Purpose::Secret, &subject(&name), asked(body)).await?;
    Ok(Json(view(row, Some(text))))
}
