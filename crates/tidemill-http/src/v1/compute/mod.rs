//! Computes over REST.

mod delete;
mod get;
mod list;
mod put;

use tidemill_api::compute::Compute;
use tidemill_app::compute::Compute as Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
}

fn view(row: Row) -> Compute {
    let Row {
        workspace: _,
        name,
        kind,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Compute {
        name,
        r#type: kind,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        etag: revision.to_string(),
        created_at,
        updated_at,
    }
}
