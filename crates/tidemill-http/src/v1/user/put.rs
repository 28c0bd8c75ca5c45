//! `PUT /users/{name}`: makes or changes a user.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use tidemill_api::access::Principal;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, user};
use tidemill_spec::kinds;

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;
use crate::v1::principal_view;

/// Make or change a user.
#[utoipa::path(put, path = "/users/{name}", operation_id = "user_put", tag = "user",
    params(("name" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "The fields of the user, and `password` for a new one."),
    responses((status = OK, body = Principal), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<Json<Principal>, ApiError> {
    let (password, spec) = password(&name, body)?;
    let row = user::put(&ctx, spec, password, if_match(&headers)?).await?;
    Ok(Json(principal_view(row)))
}

/// A password travels beside the specification, and is never part of it.
fn password(name: &str, mut body: serde_json::Value) -> Result<(Option<String>, kinds::User), Error> {
    let password = body.as_object_mut().and_then(|fields| fields.remove("password"));
    let password = match password {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text),
        Some(_) => {
            return Err(Error::invalid(
                "failed to read the body at `password`: expected a text",
            ));
        }
    };
    Ok((password, named(name, body)?))
}
