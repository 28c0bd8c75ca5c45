//! `POST traces/delete-traces`: deletes traces of an experiment.

use tidemill_api::mlflow::trace::{DeleteTraces, DeleteTracesResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteTraces>,
) -> Result<DeleteTracesResponse> {
    let gone = trace::delete(&ctx, &workspace, request).await?;
    Ok(Answer(DeleteTracesResponse {
        traces_deleted: gone.cast_signed(),
    }))
}
