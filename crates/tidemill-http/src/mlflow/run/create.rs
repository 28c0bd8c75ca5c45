//! `POST runs/create`: starts a run.

use tidemill_api::mlflow::run::{CreateRun, RunResponse};
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateRun>,
) -> Result<RunResponse> {
    let run = run::create(&ctx, &workspace, request).await?;
    Ok(Answer(RunResponse { run }))
}
