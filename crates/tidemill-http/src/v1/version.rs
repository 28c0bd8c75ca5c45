//! `GET /api/v1/version`: which program answers.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

/// Which program answers.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// Its version.
    version: &'static str,
}

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(version))
}

/// Which program answers.
#[utoipa::path(get, path = "/version", operation_id = "version_get", tag = "server", responses((status = OK, body = Version)))]
async fn version() -> Json<Version> {
    Json(Version {
        version: env!("CARGO_PKG_VERSION"),
    })
}
