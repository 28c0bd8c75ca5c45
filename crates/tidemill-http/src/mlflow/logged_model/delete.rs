//! `DELETE logged-models/{model_id}`: deletes a logged model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::logged_model::LoggedModelId;
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LoggedModelId>,
) -> Result<Empty> {
    logged_model::delete(&ctx, &workspace, &request.model_id).await?;
    Ok(Answer(Empty {}))
}
