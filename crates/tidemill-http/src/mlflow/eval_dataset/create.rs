//! `POST datasets/create`: makes a dataset for evaluating.

use tidemill_api::mlflow::eval_dataset::{CreateEvalDataset, EvalDatasetResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateEvalDataset>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::create(&ctx, &workspace, request).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}
