//! `POST registered-models/create`: makes a registered model.

use tidemill_api::mlflow::registered_model::{CreateRegisteredModel, RegisteredModelResponse};
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateRegisteredModel>,
) -> Result<RegisteredModelResponse> {
    let registered_model = registered_model::create(&ctx, &workspace, request).await?;
    Ok(Answer(RegisteredModelResponse { registered_model }))
}
