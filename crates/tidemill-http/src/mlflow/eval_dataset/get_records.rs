//! `GET datasets/{dataset_id}/records`: a page of records.

use tidemill_api::mlflow::eval_dataset::{GetEvalRecords, GetEvalRecordsResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetEvalRecords>,
) -> Result<GetEvalRecordsResponse> {
    Ok(Answer(eval_dataset::records(&ctx, &workspace, request).await?))
}
