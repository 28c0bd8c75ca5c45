//! `GET /teams/{name}`: one team.

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

/// One team.
#[utoipa::path(get, path = "/teams/{name}", operation_id = "team_get", tag = "team",
    params(("name" = String, Path)),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn get(Ctx(ctx): Ctx, Path(name): Path<String>) -> Result<Json<Principal>, ApiError> {
    let subject = Subject {
        kind: Kind::Team,
        name: name.clone(),
    };
    Ok(Json(principal_view(principal::get(&ctx, &subject).await?)))
}
