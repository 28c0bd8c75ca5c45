//! Review queues on MLflow's surface.

mod add_items;
mod create;
mod delete;
mod get;
mod get_by_name;
mod get_or_create_user;
mod list;
mod list_items;
mod remove_items;
mod set_item_status;
mod update;

use axum::Router;
use axum::routing::{get, post};

use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/review-queues/create", post(create::create))
        .route(
            "/review-queues/get-or-create-user",
            post(get_or_create_user::get_or_create_user),
        )
        .route("/review-queues/get", get(get::get))
        .route("/review-queues/get-by-name", get(get_by_name::get_by_name))
        .route("/review-queues/list", get(list::list))
        .route("/review-queues/update", post(update::update))
        .route("/review-queues/delete", post(delete::delete))
        .route("/review-queues/items/add", post(add_items::add_items))
        .route("/review-queues/items/remove", post(remove_items::remove_items))
        .route("/review-queues/items/list", get(list_items::list_items))
        .route(
            "/review-queues/items/set-status",
            post(set_item_status::set_item_status),
        )
}
