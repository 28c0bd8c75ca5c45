//! `DELETE model-versions/delete`: deletes a version.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::model_version::ModelVersionId;
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelVersionId>,
) -> Result<Empty> {
    model_version::delete(&ctx, &workspace, &request.name, &request.version).await?;
    Ok(Answer(Empty {}))
}
