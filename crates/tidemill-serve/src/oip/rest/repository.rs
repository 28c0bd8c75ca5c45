//! Triton's model repository extension: what there is, and loading and unloading it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{refused, said};
use crate::http::App;
use crate::oip::{Override, Problem};

pub(super) async fn index(State(app): State<App>, body: Bytes) -> Response {
    #[derive(Default, Deserialize)]
    struct Wanted {
        #[serde(default)]
        ready: bool,
    }
    let wanted: Result<Wanted, _> = match body.is_empty() {
        true => Ok(Wanted::default()),
        false => serde_json::from_slice(&body),
    };
    let answered = wanted
        .map_err(|error| Problem::invalid(format!("failed to parse the request JSON: {error}")))
        .and_then(|wanted| Ok((wanted, app.repository()?.index())));
    match answered {
        Ok((wanted, lines)) => {
            let lines = lines.into_iter().filter(|line| line.ready || !wanted.ready);
            let told = lines.map(|line| {
                let state = if line.ready { "READY" } else { "UNAVAILABLE" };
                json!({ "name": line.name, "version": line.version, "state": state, "reason": line.reason })
            });
            said(StatusCode::OK, &told.collect())
        }
        Err(problem) => refused(&problem),
    }
}

pub(super) async fn load(State(app): State<App>, Path(model): Path<String>, body: Bytes) -> Response {
    let loaded = match app.repository().and_then(|models| Ok((models, wanted(&body)?))) {
        Ok((models, with)) => models.load(&model, with).await,
        Err(problem) => Err(problem),
    };
    match loaded {
        Ok(()) => said(StatusCode::OK, &json!({})),
        Err(problem) => refused(&problem),
    }
}

/// What a request to load wants: its body is nothing, or `{"parameters": {…}}`.
fn wanted(body: &Bytes) -> Result<Override, Problem> {
    #[derive(Default, Deserialize)]
    struct Wanted {
        #[serde(default)]
        parameters: serde_json::Map<String, serde_json::Value>,
    }
    let wanted: Wanted = match body.is_empty() {
        true => Wanted::default(),
        false => serde_json::from_slice(body)
            .map_err(|error| Problem::invalid(format!("failed to parse the request JSON: {error}")))?,
    };
    let config = wanted.parameters.get("config").and_then(|config| config.as_str());
    Override::read(config, wanted.parameters.keys().map(String::as_str))
}

pub(super) async fn unload(State(app): State<App>, Path(model): Path<String>) -> Response {
    match app.repository().and_then(|models| models.unload(&model)) {
        Ok(()) => said(StatusCode::OK, &json!({})),
        Err(problem) => refused(&problem),
    }
}
