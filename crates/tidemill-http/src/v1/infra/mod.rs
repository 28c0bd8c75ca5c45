//! Infrastructure as code over REST: plans, and the stacks that they are applied to.

mod act;
mod create;
mod drift;
mod get;
mod list;
mod stack;
mod stacks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, act::act))
        .routes(routes!(stacks::stacks))
        .routes(routes!(stack::stack))
        .routes(routes!(drift::drift))
}
