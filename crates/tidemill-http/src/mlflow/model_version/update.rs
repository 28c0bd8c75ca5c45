//! `PATCH model-versions/update`: says what a version is for.

use tidemill_api::mlflow::model_version::{ModelVersionResponse, UpdateModelVersion};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateModelVersion>,
) -> Result<ModelVersionResponse> {
    let model_version = model_version::update(&ctx, &workspace, request).await?;
    Ok(Answer(ModelVersionResponse { model_version }))
}
