//! `GET datasets/{dataset_id}`: one dataset, without its records.

use tidemill_api::mlflow::eval_dataset::{EvalDatasetId, EvalDatasetResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EvalDatasetId>,
) -> Result<EvalDatasetResponse> {
    let dataset = eval_dataset::get(&ctx, &workspace, &request.dataset_id).await?;
    Ok(Answer(EvalDatasetResponse { dataset }))
}
