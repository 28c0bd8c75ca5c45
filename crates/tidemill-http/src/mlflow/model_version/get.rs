//! `GET model-versions/get`: one version.

use tidemill_api::mlflow::model_version::{ModelVersionId, ModelVersionResponse};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelVersionId>,
) -> Result<ModelVersionResponse> {
    let model_version = model_version::get(&ctx, &workspace, &request.name, &request.version).await?;
    Ok(Answer(ModelVersionResponse { model_version }))
}
