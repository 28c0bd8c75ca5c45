//! `POST /workspaces/{ws}/jobs:validate`: checks a job without submitting it.

use axum::Json;
use axum::extract::Path;
use tidemill_api::job::{PutJob, Validation};
use tidemill_api::problem::Problem;
use tidemill_app::job;

use crate::extract::{Body, Ctx};
use crate::problem::ApiError;

/// Check a job without submitting it.
#[utoipa::path(post, path = "/workspaces/{ws}/jobs:validate", operation_id = "job_validate", tag = "job",
    params(("ws" = String, Path)), request_body = PutJob,
    responses((status = OK, body = Validation), (status = "default", body = Problem)))]
pub(super) async fn validate(
    Ctx(ctx): Ctx,
    Path(ws): Path<String>,
    Body(body): Body<PutJob>,
) -> Result<Json<Validation>, ApiError> {
    let name = body.spec.name().unwrap_or("job").to_owned();
    let warnings = job::validate(&ctx, &ws, &name, &super::put::submission(body)).await?;
    Ok(Json(Validation { warnings }))
}
