//! Runs over REST: what MLflow's surface has no words for.

mod metric_series;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(metric_series::metric_series))
}
