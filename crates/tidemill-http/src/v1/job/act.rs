//! `POST /workspaces/{ws}/jobs/{name}:cancel` and its kin: `retry resume archive restore`.

use axum::Json;
use axum::extract::Path;
use tidemill_api::job::Job;
use tidemill_api::problem::Problem;
use tidemill_app::{Error, job};

use super::view;
use crate::extract::Ctx;
use crate::problem::ApiError;

/// Act on a job: `{name}:cancel`, `:retry`, `:resume`, `:archive` or `:restore`.
#[utoipa::path(post, path = "/workspaces/{ws}/jobs/{name}", operation_id = "job_act", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path, description = "The job's name and the action, as in `calm_tide:cancel`.")),
    responses((status = OK, body = Job), (status = "default", body = Problem)))]
pub(super) async fn act(
    Ctx(ctx): Ctx,
    Path((ws, name_and_action)): Path<(String, String)>,
) -> Result<Json<Job>, ApiError> {
    let Some((name, action)) = name_and_action.rsplit_once(':') else {
        let message = format!("failed to act on job `{name_and_action}`: no action is named");
        return Err(Error::invalid(message)
            .hint("write {name}:cancel, :retry, :resume, :archive or :restore")
            .into());
    };
    let row = match action {
        "cancel" => job::cancel(&ctx, &ws, name).await?,
        "retry" => job::retry(&ctx, &ws, name).await?,
        "resume" => job::resume(&ctx, &ws, name).await?,
        "archive" => job::archive(&ctx, &ws, name).await?,
        "restore" => job::restore(&ctx, &ws, name).await?,
        other => {
            let message = format!("failed to act on job `{name}`: there is no action `{other}`");
            return Err(Error::invalid(message)
                .hint("there are cancel, retry, resume, archive and restore")
                .into());
        }
    };
    Ok(Json(view::full(&ctx, row).await?))
}
