//! `DELETE /service-principals/{name}/secrets/{secret}`: ends a secret, at once.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::credential::{self, Purpose};
use tidemill_app::service_principal::subject;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// End a secret of a service principal.
#[utoipa::path(delete, path = "/service-principals/{name}/secrets/{secret}",
    operation_id = "service_principal_remove_secret", tag = "service_principal",
    params(("name" = String, Path), ("secret" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn remove_secret(
    Ctx(ctx): Ctx,
    Path((name, secret)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    credential::revoke(&ctx, Purpose::Secret, Some(&subject(&name)), &secret).await?;
    Ok(StatusCode::NO_CONTENT)
}
