//! `POST runs/restore`: restores a run.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::RunId;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn restore(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RunId>,
) -> Result<Empty> {
    run::restore(&ctx, &workspace, &request.run_id).await?;
    Ok(Answer(Empty {}))
}
