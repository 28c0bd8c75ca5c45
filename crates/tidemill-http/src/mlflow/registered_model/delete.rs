//! `DELETE registered-models/delete`: deletes a registered model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::registered_model::ModelName;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelName>,
) -> Result<Empty> {
    registered_model::delete(&ctx, &workspace, &request.name).await?;
    Ok(Answer(Empty {}))
}
