//! `DELETE model-versions/delete-tag`: removes a tag of a version.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::model_version::DeleteModelVersionTag;
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteModelVersionTag>,
) -> Result<Empty> {
    model_version::delete_tag(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
