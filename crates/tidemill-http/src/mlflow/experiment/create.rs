//! `POST experiments/create`: makes an experiment.

use tidemill_api::mlflow::experiment::{CreateExperiment, CreateExperimentResponse};
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateExperiment>,
) -> Result<CreateExperimentResponse> {
    let experiment_id = experiment::create(&ctx, &workspace, request).await?;
    Ok(Answer(CreateExperimentResponse { experiment_id }))
}
