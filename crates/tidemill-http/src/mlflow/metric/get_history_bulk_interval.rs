//! `GET metrics/get-history-bulk-interval`: a sample of one metric of several runs.

use tidemill_api::mlflow::metric::{GetMetricHistoryBulkInterval, MetricsResponse};
use tidemill_app::metric;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_history_bulk_interval(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetMetricHistoryBulkInterval>,
) -> Result<MetricsResponse> {
    let metrics = metric::history_bulk_interval(&ctx, &workspace, request).await?;
    Ok(Answer(MetricsResponse { metrics }))
}
