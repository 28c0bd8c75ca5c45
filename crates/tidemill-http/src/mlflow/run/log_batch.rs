//! `POST runs/log-batch`: logs points, parameters and tags in one go.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::LogBatch;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_batch(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogBatch>,
) -> Result<Empty> {
    run::log_batch(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
