//! `PATCH datasets/{dataset_id}/tags`: sets tags.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::eval_dataset::SetEvalDatasetTags;
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tags(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetEvalDatasetTags>,
) -> Result<Empty> {
    eval_dataset::set_tags(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
