//! `GET traces/{trace_id}`: what is known of one trace.

use tidemill_api::mlflow::trace::{Trace, TraceId, TraceResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_info(
    Call {
        ctx,
        workspace,
        request,
    }: Call<TraceId>,
) -> Result<TraceResponse> {
    let trace_info = trace::get_info(&ctx, &workspace, &request.trace_id).await?;
    let trace = Trace {
        trace_info,
        spans: Vec::new(),
    };
    Ok(Answer(TraceResponse { trace }))
}
