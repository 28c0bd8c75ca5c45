//! `GET metrics/get-history-bulk`: the points of one metric of several runs.

use tidemill_api::mlflow::metric::{GetMetricHistoryBulk, MetricsResponse};
use tidemill_app::metric;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_history_bulk(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetMetricHistoryBulk>,
) -> Result<MetricsResponse> {
    let metrics = metric::history_bulk(&ctx, &workspace, request).await?;
    Ok(Answer(MetricsResponse { metrics }))
}
