//! `POST experiments/delete`: deletes an experiment.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::experiment::ExperimentId;
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ExperimentId>,
) -> Result<Empty> {
    experiment::delete(&ctx, &workspace, &request.experiment_id).await?;
    Ok(Answer(Empty {}))
}
