//! `POST /infra/plans/{plan}:apply`, `:approve`, `:reject` and `:test`: what is done with a plan.

use axum::Json;
use axum::extract::Path;
use bytes::Bytes;
use tidemill_api::infra::{InfraAct, InfraPlan};
use tidemill_api::problem::Problem;
use tidemill_app::{Error, infra};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a plan: `{plan}:apply` does what it says, and answers when it is done; a plan that broke off goes on where it was.
/// `{plan}:approve` and `{plan}:reject` say what one thinks of it; `{plan}:test` runs its tests once more.
#[utoipa::path(post, path = "/infra/plans/{plan}", operation_id = "infra_plan_act", tag = "infra",
    params(("plan" = String, Path, description = "The plan's id and the action, as in `01J…:apply`.")),
    request_body = Option<InfraAct>,
    responses((status = OK, body = InfraPlan), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path(plan_and_action): Path<String>,
    body: Bytes,
) -> Result<Json<InfraPlan>, ApiError> {
    let said: Option<InfraAct> = match body.is_empty() {
        true => None,
        false => serde_json::from_slice(&body)
            .map_err(|error| Error::invalid(format!("failed to read the body: {error}")))?,
    };
    let comment = said.and_then(|said| said.comment);
    Ok(Json(match plan_and_action.rsplit_once(':') {
        Some((plan, "apply")) => infra::apply(&ctx, plan).await?,
        Some((plan, "approve")) => infra::approve(&ctx, plan, comment).await?,
        Some((plan, "reject")) => infra::reject(&ctx, plan, comment).await?,
        Some((plan, "test")) => infra::run_again(&ctx, plan).await?,
        _ => {
            let message = format!("failed to act on a plan: there is no action in `{plan_and_action}`");
            return Err(Error::invalid(message)
                .hint("write {plan}:apply, {plan}:approve, {plan}:reject or {plan}:test")
                .into());
        }
    }))
}
