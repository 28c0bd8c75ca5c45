//! Online endpoints over REST.

mod act;
mod delete;
mod figures;
mod get;
mod list;
mod put;
mod score;

use axum::http::{HeaderMap, header};
use serde_json::Value;
use tidemill_api::endpoint::OnlineEndpoint;
use tidemill_app::online_endpoint::OnlineEndpoint as Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete, act::act))
        .routes(routes!(figures::figures))
        .routes(routes!(score::score))
}

/// An endpoint as it travels; its address is the one under which this request came.
fn view(row: Row, headers: &HeaderMap) -> OnlineEndpoint {
    let Row {
        workspace,
        name,
        spec,
        first_key: _,
        second_key: _,
        created_by,
        revision,
        created_at,
        updated_at,
    } = row;
    let spec: Value = serde_json::from_str(&spec).unwrap_or_default();
    let field = |name: &str| {
        spec.get(name)
            .cloned()
            .unwrap_or_else(|| Value::Object(Default::default()))
    };
    let base = format!("{}/endpoints/{workspace}/{name}", address(headers));
    OnlineEndpoint {
        kind: match spec.get("compute") {
            Some(_) => "Kubernetes".into(),
            None => "Managed".into(),
        },
        provisioning_state: "Succeeded".into(),
        scoring_uri: format!("{base}/score"),
        openapi_uri: format!("{base}/swagger.json"),
        auth_mode: spec
            .get("auth_mode")
            .and_then(Value::as_str)
            .unwrap_or("key")
            .to_owned(),
        traffic: field("traffic"),
        mirror_traffic: field("mirror_traffic"),
        name,
        spec,
        etag: revision.to_string(),
        created_by,
        created_at,
        updated_at,
    }
}

/// The address under which the server was reached.
fn address(headers: &HeaderMap) -> String {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = said("x-forwarded-proto")
        .filter(|scheme| *scheme == "https")
        .unwrap_or("http");
    let host = said("x-forwarded-host")
        .or(said(header::HOST.as_str()))
        .unwrap_or("localhost");
    format!("{scheme}://{host}")
}
