//! `GET datasets/{dataset_id}/experiment-ids`: the experiments that use a dataset.

use tidemill_api::mlflow::eval_dataset::{EvalDatasetExperimentIds, EvalDatasetId};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn experiment_ids(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<EvalDatasetExperimentIds> {
    let experiment_ids = eval_dataset::experiment_ids(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(EvalDatasetExperimentIds { experiment_ids }))
}
