//! `PUT /roles/{name}`: makes or changes a role; Azure's JSON of a custom role is understood.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::Role;
use tidemill_api::problem::Problem;
use tidemill_app::role;
use tidemill_policy::RoleDefinition;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change a role.
#[utoipa::path(put, path = "/roles/{name}", operation_id = "role_put", tag = "role",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the role, in Azure's form."),
    responses((status = OK, body = Role), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(mut body): Body<serde_json::Value>,
) -> Result<Json<Role>, ApiError> {
    for spelling in ["Name", "roleName", "RoleName"] {
        if let Some(said) = body.as_object_mut().and_then(|fields| fields.remove(spelling)) {
            body["name"] = said;
        }
    }
    let definition: RoleDefinition = named(&name, body)?;
    Ok(Json(super::view(
        role::put(&ctx, definition, if_match(&headers)?).await?,
    )))
}
