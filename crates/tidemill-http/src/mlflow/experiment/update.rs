//! `POST experiments/update`: gives an experiment another name.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::experiment::UpdateExperiment;
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateExperiment>,
) -> Result<Empty> {
    experiment::rename(&ctx, &workspace, &request.experiment_id, &request.new_name).await?;
    Ok(Answer(Empty {}))
}
