//! `/v2/models/NAME`: what a model takes and gives, and whether it is ready.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{refused, said, told};
use crate::http::App;
use crate::oip::{Batching, Described, Problem, ProblemKind, Served};

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

/// `…/config`: the model in the words of Triton's configuration.
pub(super) async fn configuration(
    State(app): State<App>,
    Path(at): Path<HashMap<String, String>>,
) -> Response {
    match app.model(&at) {
        Ok(model) => said(StatusCode::OK, &configured(&model)),
        Err(problem) => refused(&problem),
    }
}

fn configured(model: &Served) -> Value {
    // Where a model has a largest batch, the number of rows is not among its dimensions.
    let skipped = usize::from(model.max_batch > 0);
    let one = |known: &Described| {
        let kind = match known.datatype.name() {
            "BYTES" => "STRING",
            name => name,
        };
        let dims = known.shape.get(skipped..).unwrap_or_default();
        json!({ "name": known.name, "data_type": format!("TYPE_{kind}"), "dims": dims })
    };
    let listed = |all: &[Described]| all.iter().map(one).collect::<Value>();
    let mut config = json!({
        "name": model.name,
        "platform": model.platform,
        "backend": model.backend(),
        "max_batch_size": model.max_batch,
        "input": listed(&model.inputs),
        "output": listed(&model.outputs),
    });
    if let Some(batcher) = &model.batcher {
        let Batching { max_size, max_time } = batcher.settings();
        config["dynamic_batching"] = json!({
            "preferred_batch_size": [max_size],
            "max_queue_delay_microseconds": max_time.as_micros(),
        });
    }
    config
}

/// `…/stats`: what a model has done.
pub(super) async fn statistics(State(app): State<App>, Path(at): Path<HashMap<String, String>>) -> Response {
    let part = |name: &str| at.get(name).map_or("", String::as_str);
    all_counted(&app, part("model"), part("version"))
}

/// `/v2/models/stats`: what all models have done.
pub(super) async fn all_statistics(State(app): State<App>) -> Response {
    all_counted(&app, "", "")
}

fn all_counted(app: &App, name: &str, version: &str) -> Response {
    match app.repository().and_then(|models| models.ready(name, version)) {
        Ok(models) => {
            let each: Vec<Value> = models.iter().map(|model| counted(model)).collect();
            said(StatusCode::OK, &json!({ "model_stats": each }))
        }
        Err(problem) => refused(&problem),
    }
}

fn counted(model: &Served) -> Value {
    let counts = &model.counts;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let pair = |count: &AtomicU64, ns: &AtomicU64| json!({ "count": of(count), "ns": of(ns) });
    json!({
        "name": model.name,
        "version": model.version,
        "last_inference": of(&counts.last_ms),
        "inference_count": of(&counts.rows),
        "execution_count": of(&counts.runs),
        "inference_stats": {
            "success": pair(&counts.succeeded, &counts.succeeded_ns),
            "fail": pair(&counts.failed, &counts.failed_ns),
            "queue": { "count": of(&counts.succeeded), "ns": counts.waited_ns() },
            "compute_input": { "count": of(&counts.runs), "ns": 0 },
            "compute_infer": pair(&counts.runs, &counts.runs_ns),
            "compute_output": { "count": of(&counts.runs), "ns": 0 },
            "cache_hit": { "count": 0, "ns": 0 },
            "cache_miss": { "count": 0, "ns": 0 },
        },
    })
}
