//! `POST /workspaces/{ws}/pipelines/{name}:invoke` and `:set-default`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::pipeline::{PipelineAct, PipelineActed};
use tidemill_api::problem::Problem;
use tidemill_app::Error;
use tidemill_app::published_pipeline::{self, Call};

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Act on a published pipeline: `{name}:invoke` runs it, `:set-default` says which version is meant when none is named.
#[utoipa::path(post, path = "/workspaces/{ws}/pipelines/{name}", operation_id = "pipeline_act", tag = "pipeline",
    params(("ws" = String, Path), ("name" = String, Path, description = "The pipeline's name and the action, as in `retrain:invoke`.")),
    request_body(content = PipelineAct),
    responses((status = OK, body = PipelineActed), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
    Body(asked): Body<PipelineAct>,
) -> Result<Json<PipelineActed>, ApiError> {
    let (name, action) = name_and_action.rsplit_once(':').unwrap_or((&name_and_action, ""));
    let PipelineAct { version, inputs, job } = asked;
    let job = match action {
        "invoke" => {
            let call = Call {
                version,
                inputs,
                job,
                ..Call::default()
            };
            Some(published_pipeline::invoke(&ctx, &ws, name, call).await?.name)
        }
        "set-default" => {
            // Who may not do it is told that first.
            published_pipeline::set_default(&ctx, &ws, name, version.unwrap_or_default()).await?;
            None
        }
        _ => {
            let message = format!("failed to act on pipeline `{name}`: there is no action `{action}`");
            return Err(Error::invalid(message)
                .hint("write {name}:invoke or {name}:set-default")
                .into());
        }
    };
    let pipeline = super::view(published_pipeline::get(&ctx, &ws, name).await?);
    Ok(Json(PipelineActed { pipeline, job }))
}
