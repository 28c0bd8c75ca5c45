//! `DELETE datasets/{dataset_id}/records`: deletes records.

use tidemill_api::mlflow::eval_dataset::{DeleteEvalRecords, DeleteEvalRecordsResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_records(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteEvalRecords>,
) -> Result<DeleteEvalRecordsResponse> {
    let gone = eval_dataset::delete_records(&ctx, &workspace, request).await?;
    Ok(Answer(DeleteEvalRecordsResponse {
        deleted_count: gone.cast_signed(),
    }))
}
