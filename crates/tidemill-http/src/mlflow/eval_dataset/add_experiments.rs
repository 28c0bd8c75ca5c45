//! `POST datasets/{dataset_id}/add-experiments`: notes that experiments use a dataset.

use tidemill_api::mlflow::eval_dataset::{EvalDatasetExperiments, EvalDatasetResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn add_experiments(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetExperiments>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::set_experiments(&ctx, &workspace, request, true).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}
