//! `POST traces/metrics`: figures of many traces, spans or assessments.

use tidemill_api::mlflow::trace::{QueryTraceMetrics, QueryTraceMetricsResponse};
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn metrics(
    Call {
        ctx,
        workspace,
        request,
    }: Call<QueryTraceMetrics>,
) -> Result<QueryTraceMetricsResponse> {
    Ok(Answer(trace::metrics(&ctx, &workspace, request).await?))
}
