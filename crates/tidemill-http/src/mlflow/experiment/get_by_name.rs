//! `GET experiments/get-by-name`: one experiment by name.

use tidemill_api::mlflow::experiment::{ExperimentResponse, GetExperimentByName};
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_by_name(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetExperimentByName>,
) -> Result<ExperimentResponse> {
    let experiment = experiment::get_by_name(&ctx, &workspace, &request.experiment_name).await?;
    Ok(Answer(ExperimentResponse { experiment }))
}
