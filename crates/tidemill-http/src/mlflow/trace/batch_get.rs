//! `GET traces/batchGet` and `POST traces/batchGetInfos`: several traces, with and without their spans.

use tidemill_api::mlflow::trace::{BatchGetTraces, TraceInfosResponse, TracesResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn traces(
    Call {
        ctx,
        workspace,
        request,
    }: Call<BatchGetTraces>,
) -> Result<TracesResponse> {
    let traces = trace::get_many(&ctx, &workspace, request).await?;
    Ok(Answer(TracesResponse { traces }))
}

pub(super) async fn infos(
    Call {
        ctx,
        workspace,
        request,
    }: Call<BatchGetTraces>,
) -> Result<TraceInfosResponse> {
    let trace_infos = trace::get_infos(&ctx, &workspace, request).await?;
    Ok(Answer(TraceInfosResponse { trace_infos }))
}
