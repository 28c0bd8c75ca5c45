//! Endpoints that this server doesn't have: those of MLflow answer that they are not there yet, others that they
//! don't exist.

use axum::extract::Request;
use tidemill_api::mlflow::ErrorCode;

use super::error::MlflowError;

/// Nouns of MLflow 3.18 of which this server has a part, or nothing.
const MLFLOWS: &[&str] = &[
    "artifacts",
    "datasets",
    "experiments",
    "gateway",
    "gateway-proxy",
    "get-online-trace-details",
    "issues",
    "label-schemas",
    "logged-models",
    "metrics",
    "model-versions",
    "prompt-optimization",
    "registered-models",
    "review-queues",
    "roles",
    "runs",
    "scorers",
    "traces",
    "ui-telemetry",
    "unified-traces",
    "users",
    "webhooks",
    "workspaces",
];

/// Of MLflow's own job runner there is nothing here.
pub(super) async fn left_out(request: Request) -> MlflowError {
    not_there(&format!("{} {}", request.method(), request.uri().path()))
}

fn not_there(what: &str) -> MlflowError {
    MlflowError::new(
        ErrorCode::NotImplemented,
        format!("failed to answer {what}: this server does not have that part of MLflow's API"),
    )
}

pub(super) async fn unknown(request: Request) -> MlflowError {
    let path = request.uri().path();
    let noun = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let what = format!("{} {path}", request.method());
    if MLFLOWS.contains(&noun) {
        not_there(&what)
    } else {
        MlflowError::new(
            ErrorCode::EndpointNotFound,
            format!("failed to find an endpoint for {what}"),
        )
    }
}
