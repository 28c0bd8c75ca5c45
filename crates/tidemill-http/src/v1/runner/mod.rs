//! What runners call. Who calls is known by the token alone.

mod assignment;
mod environment;
mod finish;
mod heartbeat;
mod logs;
mod progress;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(assignment::assignment))
        .routes(routes!(progress::progress))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(logs::logs))
        .routes(routes!(environment::environment))
        .routes(routes!(finish::finish))
}
