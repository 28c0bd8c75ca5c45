//! `POST runs/log-parameter`: logs one parameter.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::RunKeyValue;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn log_parameter(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RunKeyValue>,
) -> Result<Empty> {
    run::log_param(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
