//! `GET model-versions/get-download-uri`: where the files of a version can be had.

use tidemill_api::mlflow::model_version::{DownloadUriResponse, GetDownloadUri};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_download_uri(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetDownloadUri>,
) -> Result<DownloadUriResponse> {
    let artifact_uri = model_version::download_uri(&ctx, &workspace, &request.name, &request.version).await?;
    Ok(Answer(DownloadUriResponse { artifact_uri }))
}
