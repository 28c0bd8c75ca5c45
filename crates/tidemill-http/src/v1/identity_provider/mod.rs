//! Providers of identities over REST.

mod delete;
mod get;
mod list;
mod put;

use tidemill_api::access::IdentityProvider;
use tidemill_app::identity_provider::{Row, value_of};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
}

fn view(row: Row) -> IdentityProvider {
    let spec = value_of(&row);
    IdentityProvider {
        issuer: spec["issuer"].as_str().unwrap_or_default().to_owned(),
        spec,
        name: row.name,
        etag: row.revision.to_string(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
