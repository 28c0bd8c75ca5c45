//! The policy of a workspace over REST.

mod delete;
mod get;
mod put;
mod tags;
mod usage;

use tidemill_api::policy::Policy;
use tidemill_app::policy::{Policy as Row, spec_value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(put::put, get::get, delete::delete))
        .routes(routes!(usage::usage))
        .routes(routes!(tags::tags))
}

fn view(row: Row) -> Policy {
    Policy {
        spec: spec_value(&row),
        workspace: row.workspace,
        etag: row.revision.to_string(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
