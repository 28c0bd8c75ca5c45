//! `POST runs/update`: says how a run is doing.

use tidemill_api::mlflow::run::{UpdateRun, UpdateRunResponse};
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateRun>,
) -> Result<UpdateRunResponse> {
    let run_info = run::update(&ctx, &workspace, request).await?;
    Ok(Answer(UpdateRunResponse { run_info }))
}
