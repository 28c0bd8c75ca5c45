//! Scorers on MLflow's surface.

mod delete;
mod get;
mod list;
mod online_configs;
mod register;
mod versions;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/scorers/register", post(register::register))
        .route("/scorers/list", get(list::list))
        .route("/scorers/versions", get(versions::versions))
        .route("/scorers/get", get(get::get))
        .route("/scorers/online-configs", get(online_configs::online_configs))
        .route("/scorers/delete", delete(delete::delete))
}
