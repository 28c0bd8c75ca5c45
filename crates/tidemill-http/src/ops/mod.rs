//! For those who run the server: health and figures.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::Server;

/// `/health` and `/metrics`.
pub fn router() -> Router<Server> {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
}

/// `OK`, as MLflow's clients expect it.
async fn health() -> &'static str {
    "OK"
}

async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], server.metrics.text())
}
