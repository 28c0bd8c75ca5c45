//! `POST /workspaces/{ws}/online-endpoints/{name}/score`: calls an endpoint as who is signed in, without a key of it.

use axum::extract::{Path, Request, State};
use axum::response::Response;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, Scope, action};

use crate::Server;
use crate::extract::Ctx;
use crate::gateway::{Call, forward};
use crate::problem::ApiError;

/// Call an endpoint as who is signed in, as its scoring URI is called with a key. The header `azureml-model-deployment`
/// picks a deployment.
#[utoipa::path(post, path = "/workspaces/{ws}/online-endpoints/{name}/score", operation_id = "online_endpoint_score", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path), ("azureml-model-deployment" = Option<String>, Header)),
    request_body(content = serde_json::Value, description = "What the scoring script takes."),
    responses((status = OK, body = serde_json::Value, description = "What the scoring script gives."), (status = "default", body = Problem)))]
pub(super) async fn score(
    State(server): State<Server>,
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let scope = Scope::resource(&ws, "endpoints", &name);
    ctx.authorize(action::ENDPOINT_SCORE, &scope).await?;
    let route = server
        .app
        .gateway
        .route(&ws, &name)
        .ok_or_else(|| Error::not_found("endpoint", &name))?;
    let call = Call {
        workspace: ws,
        endpoint: name,
        path: "score".into(),
        id: ctx.request_id().to_owned(),
        caller: ctx.principal().to_string(),
        grpc: false,
    };
    Ok(forward(&server, &route, call, request).await)
}
