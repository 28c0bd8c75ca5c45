//! `POST runs/log-inputs`: notes what a run read.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run_input::LogInputs;
use tidemill_app::run_input;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_inputs(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LogInputs>,
) -> Result<Empty> {
    run_input::log_inputs(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
