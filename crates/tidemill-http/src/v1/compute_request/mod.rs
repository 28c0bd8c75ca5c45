//! Requests for computes over REST.

mod act;
mod create;
mod list;

use tidemill_api::compute::ComputeRequest;
use tidemill_app::compute_request::Request;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(act::act))
}

fn view(row: Request) -> ComputeRequest {
    let Request {
        workspace: _,
        id,
        compute,
        spec,
        reason,
        state,
        created_by,
        created_at,
        decided_by,
        decided_at,
        comment,
    } = row;
    ComputeRequest {
        name: id,
        compute,
        spec: serde_json::from_str(&spec).unwrap_or_default(),
        reason,
        state,
        created_by,
        created_at,
        decided_by,
        decided_at,
        comment,
    }
}
