//! Runs on MLflow's surface.

mod create;
mod delete;
mod delete_tag;
mod get;
mod log_batch;
mod log_inputs;
mod log_metric;
mod log_model;
mod log_outputs;
mod log_parameter;
mod restore;
mod search;
mod search_datasets;
mod set_tag;
mod update;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/runs/create", post(create::create))
        .route("/runs/get", get(get::get))
        .route("/runs/search", post(search::search))
        .route("/runs/update", post(update::update))
        .route("/runs/delete", post(delete::delete))
        .route("/runs/restore", post(restore::restore))
        .route("/runs/log-batch", post(log_batch::log_batch))
        .route("/runs/log-metric", post(log_metric::log_metric))
        .route("/runs/log-parameter", post(log_parameter::log_parameter))
        .route("/runs/set-tag", post(set_tag::set_tag))
        .route("/runs/delete-tag", post(delete_tag::delete_tag))
        .route("/runs/log-model", post(log_model::log_model))
        .route("/runs/log-inputs", post(log_inputs::log_inputs))
        .route("/runs/outputs", post(log_outputs::log_outputs))
        .route(
            "/experiments/search-datasets",
            post(search_datasets::search_datasets),
        )
}
