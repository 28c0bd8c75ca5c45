//! `GET logged-models/{model_id}/artifacts/directories`: what a folder of a logged model holds.

use tidemill_api::mlflow::artifact::ListArtifactsResponse;
use tidemill_api::mlflow::logged_model::ListLoggedModelArtifacts;
use tidemill_app::artifact;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list_artifacts(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListLoggedModelArtifacts>,
) -> Result<ListArtifactsResponse> {
    let ListLoggedModelArtifacts {
        model_id,
        artifact_directory_path,
    } = request;
    let path = artifact_directory_path.as_deref();
    Ok(Answer(
        artifact::list_of_logged_model(&ctx, &workspace, &model_id, path).await?,
    ))
}
