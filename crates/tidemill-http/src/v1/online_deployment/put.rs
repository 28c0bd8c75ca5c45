//! `PUT /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}`: makes or changes an online deployment.

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use serde_json::Value;
use tidemill_api::endpoint::{DeploymentPutQuery, OnlineDeployment};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, online_deployment};

use crate::extract::{Body, Ctx, if_match, named};
use crate::problem::ApiError;

/// Make or change an online deployment. It comes up in the background: read it again to see how far it is.
#[utoipa::path(put, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}", operation_id = "online_deployment_put", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path), ("If-Match" = Option<String>, Header), DeploymentPutQuery),
    request_body(content = serde_json::Value, description = "The fields of the deployment's YAML."),
    responses((status = OK, body = OnlineDeployment), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name)): Path<(String, String, String)>,
    Query(query): Query<DeploymentPutQuery>,
    headers: HeaderMap,
    Body(mut body): Body<Value>,
) -> Result<Json<OnlineDeployment>, ApiError> {
    if let Some(fields) = body.as_object_mut() {
        match fields.get("endpoint_name") {
            None | Some(Value::Null) => drop(fields.insert("endpoint_name".into(), endpoint.clone().into())),
            Some(said) if *said == endpoint => {}
            Some(said) => {
                let message = format!(
                    "failed to read the body at `endpoint_name`: it says {said}, and the URL says `{endpoint}`"
                );
                return Err(Error::invalid(message).into());
            }
        }
    }
    let spec = named(&name, body)?;
    let etag = if_match(&headers)?;
    let shown = online_deployment::put(&ctx, &ws, &endpoint, &name, spec, query.all_traffic, etag).await?;
    Ok(Json(super::view(shown)))
}
