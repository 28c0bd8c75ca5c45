//! The first version of the API of traces: `POST traces` begins one, `PATCH traces/{request_id}` ends it,
//! `GET traces/{request_id}/info` and `GET traces` show them.

use tidemill_api::mlflow::trace::{
    EndTraceV2, SearchTracesV2, SearchTracesV2Response, StartTraceV2, TraceId, TraceInfoV2Response,
};
use tidemill_app::trace::v2;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn start(
    Call {
        ctx,
        workspace,
        request,
    }: Call<StartTraceV2>,
) -> Result<TraceInfoV2Response> {
    let trace_info = v2::start(&ctx, &workspace, request).await?;
    Ok(Answer(TraceInfoV2Response { trace_info }))
}

pub(super) async fn end(
    Call {
        ctx,
        workspace,
        request,
    }: Call<EndTraceV2>,
) -> Result<TraceInfoV2Response> {
    let trace_info = v2::end(&ctx, &workspace, request).await?;
    Ok(Answer(TraceInfoV2Response { trace_info }))
}

pub(super) async fn get_info(
    Call {
        ctx,
        workspace,
        request,
    }: Call<TraceId>,
) -> Result<TraceInfoV2Response> {
    let trace_info = v2::get_info(&ctx, &workspace, &request.trace_id).await?;
    Ok(Answer(TraceInfoV2Response { trace_info }))
}

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchTracesV2>,
) -> Result<SearchTracesV2Response> {
    Ok(Answer(v2::search(&ctx, &workspace, request).await?))
}
