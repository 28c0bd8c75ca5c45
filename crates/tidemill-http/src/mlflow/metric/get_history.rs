//! `GET metrics/get-history`: the points of one metric of a run.

use tidemill_api::mlflow::metric::{GetMetricHistory, GetMetricHistoryResponse};
use tidemill_app::metric;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_history(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetMetricHistory>,
) -> Result<GetMetricHistoryResponse> {
    Ok(Answer(metric::history(&ctx, &workspace, request).await?))
}
