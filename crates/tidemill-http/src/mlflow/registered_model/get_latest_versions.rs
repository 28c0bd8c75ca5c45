//! `GET` and `POST registered-models/get-latest-versions`: the newest version of each stage.

use tidemill_api::mlflow::model_version::ModelVersionsResponse;
use tidemill_api::mlflow::registered_model::GetLatestVersions;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_latest_versions(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetLatestVersions>,
) -> Result<ModelVersionsResponse> {
    let model_versions = registered_model::latest_versions(&ctx, &workspace, request).await?;
    Ok(Answer(ModelVersionsResponse {
        model_versions,
        next_page_token: None,
    }))
}
