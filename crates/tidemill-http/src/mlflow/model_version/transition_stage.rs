//! `POST model-versions/transition-stage`: moves a version to a stage.

use tidemill_api::mlflow::model_version::{ModelVersionResponse, TransitionStage};
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn transition_stage(
    Call {
        ctx,
        workspace,
        request,
    }: Call<TransitionStage>,
) -> Result<ModelVersionResponse> {
    let model_version = model_version::transition_stage(&ctx, &workspace, request).await?;
    Ok(Answer(ModelVersionResponse { model_version }))
}
