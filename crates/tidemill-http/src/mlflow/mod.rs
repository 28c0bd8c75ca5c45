//! MLflow's surface: its paths, its envelope, the same use cases. One folder a noun, one file a verb.
//!
//! Everything is mounted at the root for the workspace `default`, and below `/workspaces/{workspace}` for each one.

mod answer;
mod artifact;
mod call;
mod envelope;
mod error;
mod eval_dataset;
mod experiment;
mod graphql;
mod issue;
mod label_schema;
mod logged_model;
mod metric;
mod model_version;
mod registered_model;
mod review_queue;
mod run;
mod scorer;
mod server;
mod trace;
mod unknown;
mod webhook;
mod workspace;

use axum::Router;
use axum::routing::any;

use crate::Server;

pub(crate) use envelope::envelope;

/// Every route of MLflow's surface.
pub(crate) fn router() -> Router<Server> {
    surface()
        .nest("/workspaces/{workspace}", surface().merge(server::health()))
        .merge(artifact::links())
}

fn surface() -> Router<Server> {
    let mut surface = server::router()
        .merge(artifact::files())
        .merge(trace::otlp())
        .merge(graphql::router());
    for prefix in ["/api", "/ajax-api"] {
        surface = surface
            .nest(&format!("{prefix}/2.0/mlflow"), nouns(trace::router_v2()))
            .nest(&format!("{prefix}/3.0/mlflow"), nouns(trace::router()));
        surface = surface.nest(&format!("{prefix}/2.0/mlflow-artifacts"), artifact::store());
        surface = surface.route(&format!("{prefix}/3.0/jobs/{{*job}}"), any(unknown::left_out));
    }
    surface
}

/// The nouns of both versions of the API, and those of one of them.
fn nouns(own: Router<Server>) -> Router<Server> {
    Router::new()
        .merge(experiment::router())
        .merge(run::router())
        .merge(metric::router())
        .merge(artifact::router())
        .merge(logged_model::router())
        .merge(registered_model::router())
        .merge(model_version::router())
        .merge(own)
        .merge(eval_dataset::router())
        .merge(scorer::router())
        .merge(issue::router())
        .merge(label_schema::router())
        .merge(review_queue::router())
        .merge(webhook::router())
        .merge(workspace::router())
        .merge(server::info())
        .fallback(unknown::unknown)
        .method_not_allowed_fallback(unknown::wrong_method)
}
