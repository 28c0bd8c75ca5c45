//! `GET traces/get`: one trace with its spans.

use tidemill_api::mlflow::trace::{GetTrace, TraceResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetTrace>,
) -> Result<TraceResponse> {
    let trace = trace::get(&ctx, &workspace, &request.trace_id, request.allow_partial).await?;
    Ok(Answer(TraceResponse { trace }))
}
