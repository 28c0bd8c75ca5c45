//! MLflow's own paths, for its models: `/invocations`, `/ping`, `/health` and `/version`.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

use super::access::Access;
use super::score::{Meta, ask};
use super::{App, answer, body, not_found};
use crate::worker::Ask;

/// `POST /invocations`: answered by the code of the MLflow that the model's environment has.
pub(super) async fn invocations(State(app): State<App>, request: Request) -> Response {
    let (parts, content) = request.into_parts();
    let (access, refused) = Access::begin(parts, &app);
    let response = match refused {
        Some(response) => response,
        None if !app.is_mlflow() => not_found().await,
        None => match body::read(&access.parts.headers, content, app.config().max_body_bytes).await {
            Err(response) => response,
            Ok(body) => {
                let kind = access.parts.headers.get(header::CONTENT_TYPE);
                let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
                let meta = Meta::of(&access, kind, app.timeout_ms());
                match ask(&app, &access, Ask::Invoke, &meta, body).await {
                    Ok(response) | Err(response) => response,
                }
            }
        },
    };
    access.end(response, &app)
}

/// `GET /ping` and `/health`: as `/`, with MLflow's body.
pub(super) async fn ping(State(app): State<App>) -> Response {
    if !app.is_mlflow() {
        return not_found().await;
    }
    match app.not_ready() {
        None => answer::content(StatusCode::OK, answer::JSON, Bytes::from_static(b"\n")),
        Some(why) => answer::retry(StatusCode::SERVICE_UNAVAILABLE, &why),
    }
}

/// `GET /version`: that of MLflow.
pub(super) async fn version(State(app): State<App>) -> Response {
    match app.mlflow_version() {
        Some(version) => answer::content(StatusCode::OK, answer::JSON, version.into()),
        None => not_found().await,
    }
}
