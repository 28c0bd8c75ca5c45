//! `GET registered-models/alias`: the version that an alias names.

use tidemill_api::mlflow::model_version::ModelVersionResponse;
use tidemill_api::mlflow::registered_model::ModelAlias;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_by_alias(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelAlias>,
) -> Result<ModelVersionResponse> {
    let model_version = registered_model::by_alias(&ctx, &workspace, &request.name, &request.alias).await?;
    Ok(Answer(ModelVersionResponse { model_version }))
}
