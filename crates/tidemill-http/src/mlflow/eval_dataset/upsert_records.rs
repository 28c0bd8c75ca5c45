//! `POST datasets/{dataset_id}/records`: adds records, or changes those with the same inputs.

use tidemill_api::mlflow::eval_dataset::{UpsertEvalRecords, UpsertEvalRecordsResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn upsert_records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpsertEvalRecords>,
) -> Result<UpsertEvalRecordsResponse> {
    Ok(Answer(
        eval_dataset::upsert_records(&ctx, &workspace, request).await?,
    ))
}
