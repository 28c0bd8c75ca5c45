//! `POST experiments/delete-experiment-tag`: removes a tag of an experiment.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::experiment::DeleteExperimentTag;
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteExperimentTag>,
) -> Result<Empty> {
    experiment::delete_tag(&ctx, &workspace, &request.experiment_id, request.key).await?;
    Ok(Answer(Empty {}))
}
