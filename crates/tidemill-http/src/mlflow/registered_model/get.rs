//! `GET registered-models/get`: one registered model.

use tidemill_api::mlflow::registered_model::{ModelName, RegisteredModelResponse};
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelName>,
) -> Result<RegisteredModelResponse> {
    let registered_model = registered_model::get(&ctx, &workspace, &request.name).await?;
    Ok(Answer(RegisteredModelResponse { registered_model }))
}
