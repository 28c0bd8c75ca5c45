//! `GET model-versions/search`: versions that fit a filter.

use tidemill_api::mlflow::model_version::{ModelVersionsResponse, SearchModelVersions};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchModelVersions>,
) -> Result<ModelVersionsResponse> {
    Ok(Answer(model_version::search(&ctx, &workspace, request).await?))
}
