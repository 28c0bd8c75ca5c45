//! `POST logged-models/{model_id}/params`: adds parameters to a logged model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::logged_model::LogLoggedModelParams;
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_params(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogLoggedModelParams>,
) -> Result<Empty> {
    logged_model::log_params(&ctx, &workspace, &request.model_id, request.params).await?;
    Ok(Answer(Empty {}))
}
