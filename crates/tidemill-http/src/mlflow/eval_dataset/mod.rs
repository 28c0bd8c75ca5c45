//! Datasets for evaluating on MLflow's surface.

mod add_experiments;
mod create;
mod delete;
mod delete_records;
mod delete_tag;
mod experiment_ids;
mod get;
mod get_records;
mod remove_experiments;
mod search;
mod set_tags;
mod upsert_records;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/datasets/create", post(create::create))
        .route("/datasets/search", post(search::search).get(search::search))
        .route("/datasets/{dataset_id}", get(get::get).delete(delete::delete))
        .route("/datasets/{dataset_id}/tags", patch(set_tags::set_tags))
        .route(
            "/datasets/{dataset_id}/tags/{key}",
            delete(delete_tag::delete_tag),
        )
        .route(
            "/datasets/{dataset_id}/records",
            post(upsert_records::upsert_records)
                .get(get_records::get_records)
                .delete(delete_records::delete_records),
        )
        .route(
            "/datasets/{dataset_id}/experiment-ids",
            get(experiment_ids::experiment_ids),
        )
        .route(
            "/datasets/{dataset_id}/add-experiments",
            post(add_experiments::add_experiments),
        )
        .route(
            "/datasets/{dataset_id}/remove-experiments",
            post(remove_experiments::remove_experiments),
        )
}
