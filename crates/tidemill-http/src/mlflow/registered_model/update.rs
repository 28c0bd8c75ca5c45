//! `PATCH registered-models/update`: says what a registered model is for.

use tidemill_api::mlflow::registered_model::{RegisteredModelResponse, UpdateRegisteredModel};
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateRegisteredModel>,
) -> Result<RegisteredModelResponse> {
    let UpdateRegisteredModel { name, description } = request;
    let registered_model = registered_model::update(&ctx, &workspace, &name, description).await?;
    Ok(Answer(RegisteredModelResponse { registered_model }))
}
