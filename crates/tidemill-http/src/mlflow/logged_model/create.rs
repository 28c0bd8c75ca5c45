//! `POST logged-models`: makes a logged model.

use tidemill_api::mlflow::logged_model::{CreateLoggedModel, LoggedModelResponse};
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateLoggedModel>,
) -> Result<LoggedModelResponse> {
    let model = logged_model::create(&ctx, &workspace, request).await?;
    Ok(Answer(LoggedModelResponse { model }))
}
