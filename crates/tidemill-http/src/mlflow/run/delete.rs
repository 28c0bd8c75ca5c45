//! `POST runs/delete`: deletes a run.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::RunId;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RunId>,
) -> Result<Empty> {
    run::delete(&ctx, &workspace, &request.run_id).await?;
    Ok(Answer(Empty {}))
}
