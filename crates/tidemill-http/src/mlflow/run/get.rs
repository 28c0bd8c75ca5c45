//! `GET runs/get`: one run with what it logged.

use tidemill_api::mlflow::run::{RunId, RunResponse};
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RunId>,
) -> Result<RunResponse> {
    let run = run::get(&ctx, &workspace, &request.run_id).await?;
    Ok(Answer(RunResponse { run }))
}
