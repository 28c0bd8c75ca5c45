//! The Open Inference Protocol over REST.

mod control;
mod encoding;
mod infer;
mod model;
mod repository;
mod server;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::{Described, Problem, ProblemKind};
use crate::http::{App, answer};

/// Its routes.
pub(crate) fn router() -> Router<App> {
    let router = Router::new()
        .route("/v2", get(server::metadata))
        .route("/v2/health/live", get(server::live))
        .route("/v2/health/ready", get(server::ready))
        .route("/v2/models/stats", get(model::all_statistics))
        .route("/v2/repository/index", post(repository::index))
        .route("/v2/repository/models/{model}/load", post(repository::load))
        .route("/v2/repository/models/{model}/unload", post(repository::unload));
    let router = ["/v2/trace/setting", "/v2/models/{model}/trace/setting"]
        .iter()
        .fold(router, |router, at| {
            router.route(at, get(control::traces).post(control::traces))
        })
        .route("/v2/logging", get(control::logging).post(control::logging));
    let router = ["/v2/systemsharedmemory", "/v2/cudasharedmemory"]
        .iter()
        .fold(router, |router, at| {
            router
                .route(&format!("{at}/status"), get(control::regions))
                .route(&format!("{at}/unregister"), post(control::unregister))
                .route(&format!("{at}/region/{{region}}/status"), get(control::region))
                .route(
                    &format!("{at}/region/{{region}}/register"),
                    post(control::register),
                )
                .route(
                    &format!("{at}/region/{{region}}/unregister"),
                    post(control::unregister),
                )
        });
    // The version is optional in each of these.
    ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"]
        .iter()
        .fold(router, |router, at| {
            router
                .route(at, get(model::metadata))
                .route(&format!("{at}/ready"), get(model::ready))
                .route(&format!("{at}/config"), get(model::configuration))
                .route(&format!("{at}/stats"), get(model::statistics))
                .route(&format!("{at}/infer"), post(infer::infer))
        })
}

fn refused(problem: &Problem) -> Response {
    let status = match problem.kind {
        ProblemKind::Invalid => StatusCode::BAD_REQUEST,
        ProblemKind::NotFound => StatusCode::NOT_FOUND,
        ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ProblemKind::Exhausted => StatusCode::TOO_MANY_REQUESTS,
        ProblemKind::Late => StatusCode::GATEWAY_TIMEOUT,
        ProblemKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = said(status, &json!({ "error": problem.message }));
    if matches!(problem.kind, ProblemKind::Exhausted | ProblemKind::Unavailable) {
        answer::in_a_second(&mut response);
    }
    response
}

fn said(status: StatusCode, value: &serde_json::Value) -> Response {
    answer::content(status, answer::JSON, value.to_string().into())
}

fn told(described: &[Described]) -> serde_json::Value {
    let one = |known: &Described| json!({ "name": known.name, "datatype": known.datatype.name(), "shape": known.shape });
    described.iter().map(one).collect()
}
