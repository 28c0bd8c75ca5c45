//! `GET logged-models/{model_id}`: one logged model.

use tidemill_api::mlflow::logged_model::{LoggedModelId, LoggedModelResponse};
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LoggedModelId>,
) -> Result<LoggedModelResponse> {
    let LoggedModelId {
        model_id,
        allow_deleted,
    } = request;
    let model = logged_model::get(&ctx, &workspace, &model_id, allow_deleted).await?;
    Ok(Answer(LoggedModelResponse { model }))
}
