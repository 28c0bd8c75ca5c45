//! `/v2`: what this server is, whether it lives, whether it is ready.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{refused, said};
use crate::http::App;
use crate::oip::{EXTENSIONS, Problem, ProblemKind};

pub(super) async fn metadata() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    said(
        StatusCode::OK,
        &json!({ "name": "tidemill", "version": version, "extensions": EXTENSIONS }),
    )
}

pub(super) async fn live() -> Response {
    said(StatusCode::OK, &json!({ "live": true }))
}

pub(super) async fn ready(State(app): State<App>) -> Response {
    match app.not_ready() {
        None => said(StatusCode::OK, &json!({ "ready": true })),
        Some(why) => refused(&Problem::new(ProblemKind::Unavailable, why)),
    }
}
