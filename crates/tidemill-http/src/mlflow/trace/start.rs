//! `POST traces`: keeps a trace.

use tidemill_api::mlflow::trace::{StartTrace, TraceResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn start(
    Call {
        ctx,
        workspace,
        request,
    }: Call<StartTrace>,
) -> Result<TraceResponse> {
    let trace = trace::start(&ctx, &workspace, request.trace).await?;
    Ok(Answer(TraceResponse { trace }))
}
