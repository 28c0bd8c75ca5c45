//! Traces on MLflow's surface, in both versions of its API.

mod batch_get;
mod correlate;
mod create_assessment;
mod delete;
mod delete_assessment;
mod delete_tag;
mod export;
mod get;
mod get_artifact;
mod get_assessment;
mod get_info;
mod link_prompts;
mod link_to_run;
mod metrics;
mod search;
mod set_tag;
mod start;
mod update_assessment;
mod v2;

use axum::Router;
use axum::routing::{get, patch, post};

use crate::Server;

/// Below `/api/3.0/mlflow`.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/traces", post(start::start))
        .route("/traces/get", get(get::get))
        .route("/traces/batchGet", get(batch_get::traces))
        .route("/traces/batchGetInfos", post(batch_get::infos))
        .route("/traces/search", post(search::search))
        .route("/traces/metrics", post(metrics::metrics))
        .route("/traces/calculate-filter-correlation", post(correlate::correlate))
        .route("/traces/{trace_id}", get(get_info::get_info))
        .route(
            "/traces/{trace_id}/assessments",
            post(create_assessment::create_assessment),
        )
        .route(
            "/traces/{trace_id}/assessments/{assessment_id}",
            get(get_assessment::get_assessment)
                .patch(update_assessment::update_assessment)
                .delete(delete_assessment::delete_assessment),
        )
        .merge(both())
}

/// Below `/api/2.0/mlflow`.
pub(super) fn router_v2() -> Router<Server> {
    Router::new()
        .route("/traces", post(v2::start).get(v2::search))
        .route("/traces/{trace_id}", patch(v2::end))
        .route("/traces/{trace_id}/info", get(v2::get_info))
        .route("/traces/link-to-run", post(link_to_run::link_to_run))
        .route("/traces/link-prompts", post(link_prompts::link_prompts))
        .merge(both())
}

fn both() -> Router<Server> {
    Router::new()
        .route("/traces/delete-traces", post(delete::delete))
        .route("/get-trace-artifact", get(get_artifact::get_artifact))
        .route(
            "/traces/{trace_id}/tags",
            patch(set_tag::set_tag).delete(delete_tag::delete_tag),
        )
}

/// OpenTelemetry's own path.
pub(super) fn otlp() -> Router<Server> {
    Router::new().route("/v1/traces", post(export::export))
}
