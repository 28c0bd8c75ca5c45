//! `POST registered-models/rename`: gives a registered model another name.

use tidemill_api::mlflow::registered_model::{RegisteredModelResponse, RenameRegisteredModel};
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn rename(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RenameRegisteredModel>,
) -> Result<RegisteredModelResponse> {
    let RenameRegisteredModel { name, new_name } = request;
    let registered_model = registered_model::rename(&ctx, &workspace, &name, &new_name).await?;
    Ok(Answer(RegisteredModelResponse { registered_model }))
}
