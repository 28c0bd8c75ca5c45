//! `GET experiments/get`: one experiment by id.

use tidemill_api::mlflow::experiment::{ExperimentId, ExperimentResponse};
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ExperimentId>,
) -> Result<ExperimentResponse> {
    let experiment = experiment::get(&ctx, &workspace, &request.experiment_id).await?;
    Ok(Answer(ExperimentResponse { experiment }))
}
