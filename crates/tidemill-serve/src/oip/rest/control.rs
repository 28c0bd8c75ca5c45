//! What Triton's clients ask beside inference: shared memory, traces and the log. Nothing of it can be changed here; what there is, is told.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

use super::{refused, said};
use crate::oip::{NO_SHARED_MEMORY, Problem, ProblemKind};

/// No region is registered.
pub(super) async fn regions() -> Response {
    said(StatusCode::OK, &json!([]))
}

pub(super) async fn region(Path(at): Path<BTreeMap<String, String>>) -> Response {
    let name = at.get("region").map_or("", String::as_str);
    let message = format!("Unable to find shared memory region: '{name}'; {NO_SHARED_MEMORY}");
    refused(&Problem::new(ProblemKind::NotFound, message))
}

pub(super) async fn register(Path(at): Path<BTreeMap<String, String>>) -> Response {
    let name = at.get("region").map_or("", String::as_str);
    refused(&Problem::invalid(format!(
        "failed to register shared memory region '{name}': {NO_SHARED_MEMORY}"
    )))
}

/// What is not registered is gone.
pub(super) async fn unregister() -> Response {
    said(StatusCode::OK, &json!({}))
}

pub(super) async fn traces(body: Bytes) -> Response {
    unchanged(
        &body,
        "trace settings",
        &json!({
            "trace_level": ["OFF"],
            "trace_rate": "1000",
            "trace_count": "-1",
            "log_frequency": "0",
            "trace_file": "",
            "trace_mode": "triton",
        }),
    )
}

pub(super) async fn logging(body: Bytes) -> Response {
    unchanged(
        &body,
        "log settings",
        &json!({
            "log_file": "",
            "log_info": true,
            "log_warning": true,
            "log_error": true,
            "log_verbose_level": 0,
            "log_format": "default",
        }),
    )
}

/// Tells the settings; who wants others is refused.
fn unchanged(body: &Bytes, what: &str, are: &Value) -> Response {
    let wanted: Value = match body.is_empty() {
        true => json!({}),
        false => match serde_json::from_slice(body) {
            Ok(wanted) => wanted,
            Err(error) => {
                return refused(&Problem::invalid(format!(
                    "failed to parse the request JSON: {error}"
                )));
            }
        },
    };
    let other = wanted.as_object().and_then(|wanted| {
        wanted
            .iter()
            .find(|(name, value)| !value.is_null() && are.get(name.as_str()) != Some(*value))
    });
    match other {
        None => said(StatusCode::OK, are),
        Some((name, _)) => refused(&Problem::invalid(format!(
            "failed to change `{name}`: the {what} of this server cannot be changed while it runs"
        ))),
    }
}
