//! `GET /session/providers`: where one may sign in with an account elsewhere.

use axum::Json;
use axum::extract::State;
use tidemill_api::access::SignInProvider;
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::sign_in::buttons;

use crate::Server;
use crate::problem::ApiError;

/// Where one may sign in with an account elsewhere; everybody may know.
#[utoipa::path(get, path = "/session/providers", operation_id = "session_providers", tag = "session",
    responses((status = OK, body = List<SignInProvider>), (status = "default", body = Problem)))]
pub(super) async fn providers(State(server): State<Server>) -> Result<Json<List<SignInProvider>>, ApiError> {
    let items = buttons(&server.app).await?.into_iter().map(|one| SignInProvider {
        name: one.name,
        display_name: one.display_name,
    });
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}
