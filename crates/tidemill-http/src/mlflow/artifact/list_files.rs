//! `GET mlflow-artifacts/artifacts`: what a folder of the artifact store holds.

use tidemill_api::mlflow::artifact::{ListStoreArtifacts, ListStoreArtifactsResponse};
use tidemill_app::artifact;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list_files(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListStoreArtifacts>,
) -> Result<ListStoreArtifactsResponse> {
    let path = request.path.unwrap_or_default();
    let files = artifact::list(&ctx, &workspace, &path).await?;
    Ok(Answer(ListStoreArtifactsResponse { files }))
}
