//! `POST /infra/plans/{plan}:apply`: applies a plan.

use axum::Json;
use axum::extract::Path;
use tidemill_api::infra::InfraPlan;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, infra};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a plan: `{plan}:apply` does what it says, and answers when it is done. A plan that broke off goes on where it was.
#[utoipa::path(post, path = "/infra/plans/{plan}", operation_id = "infra_plan_act", tag = "infra",
    params(("plan" = String, Path, description = "The plan's id and the action, as in `01J…:apply`.")),
    responses((status = OK, body = InfraPlan), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path(plan_and_action): Path<String>,
) -> Result<Json<InfraPlan>, ApiError> {
    match plan_and_action.rsplit_once(':') {
        Some((plan, "apply")) => Ok(Json(infra::apply(&ctx, plan).await?)),
        _ => {
            let message = format!("failed to act on a plan: there is no action in `{plan_and_action}`");
            Err(Error::invalid(message).hint("write {plan}:apply").into())
        }
    }
}
