//! `DELETE /service-principals/{name}`: removes a service principal, with its roles and what it signs in with.

use axum::extract::Path;
use axum::http::StatusCode;
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::Subject;
use tidemill_policy::access::Kind;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Remove a service principal.
#[utoipa::path(delete, path = "/service-principals/{name}", operation_id = "service_principal_delete", tag = "service_principal",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT), (status = "default", body = Problem)))]
pub(super) async fn delete(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    let subject = Subject {
        kind: Kind::ServicePrincipal,
        name: name.clone(),
    };
    principal::delete(&ctx, &subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
