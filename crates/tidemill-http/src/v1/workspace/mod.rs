//! Workspaces over REST.

mod delete;
mod get;
mod list;
mod put;

use tidemill_api::workspace::Workspace;
use tidemill_app::workspace::Workspace as Row;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
}

fn view(row: Row) -> Workspace {
    let Row {
        name,
        group_name,
        display_name,
        spec,
        revision,
        created_at,
        updated_at,
    } = row;
    Workspace {
        name,
        display_name,
        group: group_name,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        etag: revision.to_string(),
        created_at,
        updated_at,
    }
}
