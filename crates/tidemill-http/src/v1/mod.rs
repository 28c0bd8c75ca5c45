//! REST v1: one folder a noun, one file a verb.

mod datastore;
mod version;
mod workspace;

use utoipa_axum::router::OpenApiRouter;

use crate::Server;

/// Every route under `/api/v1`.
pub fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().merge(version::router()).merge(workspace::router()).merge(datastore::router())
}
