//! `PUT /workspaces/{ws}/jobs/{name}`: submits a job.

use axum::Json;
use axum::extract::Path;
use tidemill_api::job::{Job, PutJob};
use tidemill_api::problem::Problem;
use tidemill_app::job::{self, Submission};

use super::view;
use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Submit a job. The same submission under the same name again is the job that is there.
#[utoipa::path(put, path = "/workspaces/{ws}/jobs/{name}", operation_id = "job_put", tag = "job",
    params(("ws" = String, Path), ("name" = String, Path)), request_body = PutJob,
    responses((status = OK, body = Job), (status = "default", body = Problem)))]
pub(super) async fn put(
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
    Body(body): Body<PutJob>,
) -> Result<Json<Job>, ApiError> {
    let row = job::submit(&ctx, &ws, &name, submission(body)).await?;
    Ok(Json(view::full(&ctx, row).await?))
}

/// The use case's words for the wire's.
pub(super) fn submission(body: PutJob) -> Submission {
    let PutJob {
        spec,
        environment_policy,
        properties,
        rerun_from,
    } = body;
    Submission {
        spec,
        environment_policy,
        properties,
        rerun_from,
    }
}
