//! `POST /workspaces/{ws}/computes/{name}:start` and `:stop`: a compute instance is started or stopped.

use axum::Json;
use axum::extract::Path;
use tidemill_api::compute::Compute;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, compute_power};
use tidemill_spec::kinds::StartStop;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Start a compute instance (`{name}:start`), or stop it (`{name}:stop`): then it takes no new jobs, and what runs on it runs to its end.
#[utoipa::path(post, path = "/workspaces/{ws}/computes/{name}", operation_id = "compute_act", tag = "compute",
    params(("ws" = String, Path), ("name" = String, Path, description = "The compute and the action, as in `mine:stop`.")),
    responses((status = OK, body = Compute), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
) -> Result<Json<Compute>, ApiError> {
    let (name, turn) = match name_and_action.rsplit_once(':') {
        Some((name, "start")) => (name, StartStop::Start),
        Some((name, "stop")) => (name, StartStop::Stop),
        _ => {
            let message = format!("failed to act on a compute: there is no action in `{name_and_action}`");
            return Err(Error::invalid(message)
                .hint("write {name}:start or {name}:stop")
                .into());
        }
    };
    let row = compute_power::switch(&ctx, &ws, name, turn).await?;
    Ok(Json(super::shown(&ctx, row).await?))
}
