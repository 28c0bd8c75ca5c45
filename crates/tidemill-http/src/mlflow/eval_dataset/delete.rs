//! `DELETE datasets/{dataset_id}`: deletes a dataset with its records.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::eval_dataset::EvalDatasetId;
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<Empty> {
    eval_dataset::delete(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(Empty {}))
}
