//! `POST runs/outputs`: notes which models a run made.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run_input::LogOutputs;
use tidemill_app::run_input;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_outputs(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogOutputs>,
) -> Result<Empty> {
    run_input::log_outputs(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
