//! `DELETE datasets/{dataset_id}/tags/{key}`: removes a tag.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::eval_dataset::EvalDatasetId;
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<Empty> {
    eval_dataset::delete_tag(&ctx, &workspace, &request.dataset_id, &request.key).await?;
    Ok(Answer(Empty {}))
}
