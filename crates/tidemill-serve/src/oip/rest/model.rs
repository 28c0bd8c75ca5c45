//! `/v2/models/NAME`: what a model takes and gives, and whether it is ready.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::{refused, said, told};
use crate::http::App;
use crate::oip::{Problem, ProblemKind};

pub(super) async fn metadata(State(app): State<App>, Path(at): Path<HashMap<String, String>>) -> Response {
    match app.model(&at) {
        Ok(model) => {
            let versions = app
                .repository()
                .map(|models| models.versions(&model.name))
                .unwrap_or_default();
            let about = json!({
                "name": model.name,
                "versions": versions,
                "platform": model.platform,
                "inputs": told(&model.inputs),
                "outputs": told(&model.outputs),
            });
            said(StatusCode::OK, &about)
        }
        Err(problem) => refused(&problem),
    }
}

pub(super) async fn ready(State(app): State<App>, Path(at): Path<HashMap<String, String>>) -> Response {
    match app.model(&at) {
        Ok(model) if model.is_ready() => said(StatusCode::OK, &json!({ "name": model.name, "ready": true })),
        Ok(_) => refused(&Problem::new(ProblemKind::Unavailable, "no worker runs")),
        Err(problem) => refused(&problem),
    }
}
