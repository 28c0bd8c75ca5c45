//! `POST model-versions/set-tag`: sets a tag of a version.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::model_version::SetModelVersionTag;
use tidemill_app::model_version;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetModelVersionTag>,
) -> Result<Empty> {
    model_version::set_tag(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
