//! `GET` and `POST experiments/search`: experiments that fit a filter.

use tidemill_api::mlflow::experiment::{SearchExperiments, SearchExperimentsResponse};
use tidemill_app::experiment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchExperiments>,
) -> Result<SearchExperimentsResponse> {
    Ok(Answer(experiment::search(&ctx, &workspace, request).await?))
}
