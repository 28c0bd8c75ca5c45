//! The audit log over REST.

mod export;
mod list;
mod verify;

use tidemill_api::audit::AuditQuery;
use tidemill_app::audit::Filter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(export::export))
        .routes(routes!(verify::verify))
}

fn filter(query: AuditQuery) -> Filter {
    let AuditQuery {
        principal,
        action,
        scope,
        outcome,
        since,
        until,
    } = query;
    Filter {
        principal,
        action,
        scope,
        outcome,
        since,
        until,
    }
}
