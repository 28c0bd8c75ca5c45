//! `GET artifacts/list`: what a folder of a run holds.

use tidemill_api::mlflow::artifact::{ListArtifacts, ListArtifactsResponse};
use tidemill_app::artifact;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListArtifacts>,
) -> Result<ListArtifactsResponse> {
    let ListArtifacts { run_id, path } = request;
    Ok(Answer(
        artifact::list_of_run(&ctx, &workspace, &run_id, path.as_deref()).await?,
    ))
}
