//! `POST runs/log-metric`: logs one point.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::metric::{LogMetric, Metric, MetricPoint};
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_metric(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogMetric>,
) -> Result<Empty> {
    let LogMetric { run_id, metric } = request;
    let MetricPoint {
        key,
        value,
        timestamp,
        step,
        model_id,
        dataset_name,
        dataset_digest,
    } = metric;
    let metric = Metric {
        key,
        value,
        timestamp,
        step,
        model_id,
        dataset_name,
        dataset_digest,
        run_id: None,
    };
    run::log_metric(&ctx, &workspace, run_id, metric).await?;
    Ok(Answer(Empty {}))
}
