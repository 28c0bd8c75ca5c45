//! Endpoints that this server doesn't have: those of MLflow answer that they are not there yet, others that they
//! don't exist, and those that are asked with another method that they don't take it.

use axum::extract::Request;
use tidemill_api::mlflow::ErrorCode;

use super::error::MlflowError;

/// How the paths of MLflow 3.18 begin that this server doesn't have.
const LEFT_OUT: &[&str] = &[
    "gateway/",
    "get-online-trace-details",
    "issues/invoke",
    "issues/schedule",
    "mcp-servers",
    "prompt-optimization",
    "roles",
    "runs/create-promptlab-run",
    "scorers/online-config",
    "skills",
    "unified-traces",
    "users",
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

fn is_left_out(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    LEFT_OUT.iter().any(|left_out| path.starts_with(left_out))
}

pub(super) async fn unknown(request: Request) -> MlflowError {
    let path = request.uri().path();
    let what = format!("{} {path}", request.method());
    if is_left_out(path) {
        not_there(&what)
    } else {
        MlflowError::new(
            ErrorCode::EndpointNotFound,
            format!("failed to find an endpoint for {what}"),
        )
    }
}

pub(super) async fn wrong_method(request: Request) -> MlflowError {
    let path = request.uri().path();
    let what = format!("{} {path}", request.method());
    if is_left_out(path) {
        return not_there(&what);
    }
    MlflowError::method_not_allowed(format!(
        "failed to answer {what}: the endpoint does not take this method"
    ))
}
