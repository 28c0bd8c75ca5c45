//! Label schemas on MLflow's surface.

mod create;
mod delete;
mod get;
mod get_by_name;
mod list;
mod update;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/label-schemas/create", post(create::create))
        .route("/label-schemas/get", get(get::get))
        .route("/label-schemas/get-by-name", get(get_by_name::get_by_name))
        .route("/label-schemas/list", get(list::list))
        .route("/label-schemas/update", patch(update::update))
        .route("/label-schemas/delete", delete(delete::delete))
}
