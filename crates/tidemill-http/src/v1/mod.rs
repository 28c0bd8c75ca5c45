//! REST v1: one folder a noun, one file a verb.

mod asset;
mod assignment;
mod audit;
mod break_glass;
mod component;
mod compute;
mod compute_request;
mod contract;
mod data;
mod datastore;
mod environment;
mod event;
mod group;
mod identity_provider;
mod import;
mod infra;
mod job;
mod model;
mod online_deployment;
mod online_endpoint;
mod pipeline;
mod policy;
mod query;
mod release;
mod role;
mod run;
mod runner;
mod schedule;
mod secret;
mod service_principal;
pub(crate) mod session;
mod team;
mod token;
mod tree;
mod user;
mod vault;
mod version;
mod workspace;

use utoipa_axum::router::OpenApiRouter;

use crate::Server;

/// Every route under `/api/v1`.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .merge(version::router())
        .merge(session::router())
        .merge(group::router())
        .merge(workspace::router())
        .merge(user::router())
        .merge(team::router())
        .merge(service_principal::router())
        .merge(identity_provider::router())
        .merge(token::router())
        .merge(role::router())
        .merge(assignment::router())
        .merge(datastore::router())
        .merge(audit::router())
        .merge(compute::router())
        .merge(compute_request::router())
        .merge(contract::router())
        .merge(data::router())
        .merge(query::router())
        .merge(environment::router())
        .merge(component::router())
        .merge(event::router())
        .merge(import::router())
        .merge(infra::router())
        .merge(job::router())
        .merge(model::router())
        .merge(tree::router())
        .merge(run::router())
        .merge(runner::router())
        .merge(online_endpoint::router())
        .merge(online_deployment::router())
        .merge(policy::router())
        .merge(release::router())
        .merge(break_glass::router())
        .merge(schedule::router())
        .merge(pipeline::router())
        .merge(secret::router())
        .merge(vault::router())
}

/// A user, team or service principal as it travels.
fn principal_view(row: tidemill_app::principal::Row) -> tidemill_api::access::Principal {
    tidemill_api::access::Principal {
        spec: tidemill_app::principal::spec_of(&row),
        principal: format!("{}:{}", row.kind, row.name),
        has_password: row.password.is_some(),
        name: row.name,
        kind: row.kind,
        disabled: row.disabled,
        etag: row.revision.to_string(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
