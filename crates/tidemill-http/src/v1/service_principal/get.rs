//! `GET /service-principals/{name}`: one service principal.

use axum::Json;
use axum::extract::Path;
use tidemill_api::access::Principal;
use tidemill_api::problem::Problem;
use tidemill_app::principal;
use tidemill_policy::Subject;
use tidemill_policy::access::Kind;

use crate::extract::Ctx;
use crate::problem::ApiError;
use crate::v1::principal_view;

/// One service principal.
#[utoipa::path(get, path = "/service-principals/{name}", operation_id = "service_principal_get", tag = "service_principal",
    params(("name" = String, Path)),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<Principal>, ApiError> {
    let subject = Subject {
        kind: Kind::ServicePrincipal,
        name: name.clone(),
    };
    Ok(Json(principal_view(principal::get(&ctx, &subject).await?)))
}
