//! `POST model-versions/create`: registers a version.

use tidemill_api::mlflow::model_version::{CreateModelVersion, ModelVersionResponse};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateModelVersion>,
) -> Result<ModelVersionResponse> {
    let model_version = model_version::create(&ctx, &workspace, request).await?;
    Ok(Answer(ModelVersionResponse { model_version }))
}
