//! `GET /workspaces/{ws}/releases/{name}/plan`: what would happen to a release, and who must act.

use axum::Json;
use axum::extract::Path;
use tidemill_api::problem::Problem;
use tidemill_api::release::{ReleasePlan, ReleaseStep};
use tidemill_app::release;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What would happen to a release in each stage, how each gate stands now, and who must act. Nothing is changed.
#[utoipa::path(get, path = "/workspaces/{ws}/releases/{name}/plan", operation_id = "release_plan", tag = "release",
    params(("ws" = String, Path), ("name" = String, Path, description = "The name, or the name and a number, as in `flights:3`.")),
    responses((status = OK, body = ReleasePlan), (status = "default", body = Problem)))]
pub(super) async fn plan(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<ReleasePlan>, ApiError> {
    let (name, number) = super::get::numbered(&name)?;
    let (row, steps) = release::plan(&ctx, &ws, name, number).await?;
    let view = |step: release::Step| {
        let gates = release::gates_as_json(&step.gates);
        let release::Step {
            stage,
            state,
            workspace,
            says,
            who,
            gates: _,
        } = step;
        ReleaseStep {
            stage,
            state,
            workspace,
            says,
            who,
            gates,
        }
    };
    Ok(Json(ReleasePlan {
        release: format!("{}:{}", row.name, row.number),
        steps: steps.into_iter().map(view).collect(),
    }))
}
