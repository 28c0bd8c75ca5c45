//! `POST runs/log-model`: notes which model a run logged.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::LogModel;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_model(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogModel>,
) -> Result<Empty> {
    run::log_model(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
