//! `POST experiments/set-experiment-tag`: sets a tag of an experiment.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::experiment::SetExperimentTag;
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetExperimentTag>,
) -> Result<Empty> {
    let SetExperimentTag {
        experiment_id,
        key,
        value,
    } = request;
    experiment::set_tag(&ctx, &workspace, &experiment_id, key, value).await?;
    Ok(Answer(Empty {}))
}
