//! REST v1: one folder a noun, one file a verb.

mod asset;
mod audit;
mod component;
mod compute;
mod data;
mod datastore;
mod environment;
mod event;
mod import;
mod job;
mod model;
mod policy;
mod run;
mod runner;
mod secret;
mod tree;
mod vault;
mod version;
mod workspace;

use utoipa_axum::router::OpenApiRouter;

use crate::Server;

/// Every route under `/api/v1`.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(version::router())
        .merge(workspace::router())
        .merge(datastore::router())
        .merge(audit::router())
        .merge(compute::router())
        .merge(data::router())
        .merge(environment::router())
        .merge(component::router())
        .merge(event::router())
        .merge(import::router())
        .merge(job::router())
        .merge(model::router())
        .merge(tree::router())
        .merge(run::router())
        .merge(runner::router())
        .merge(policy::router())
        .merge(secret::router())
        .merge(vault::router())
}
