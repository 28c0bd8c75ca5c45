//! `PATCH logged-models/{model_id}`: says that the files of a logged model are there.

use tidemill_api::mlflow::logged_model::{FinalizeLoggedModel, LoggedModelResponse};
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn finalize(
    Call {
        ctx,
        workspace,
        request,
    }: Call<FinalizeLoggedModel>,
) -> Result<LoggedModelResponse> {
    let model = logged_model::finalize(&ctx, &workspace, &request.model_id, request.status).await?;
    Ok(Answer(LoggedModelResponse { model }))
}
