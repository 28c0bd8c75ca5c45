//! `POST runs/search`: runs that fit a filter.

use tidemill_api::mlflow::run::{SearchRuns, SearchRunsResponse};
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchRuns>,
) -> Result<SearchRunsResponse> {
    Ok(Answer(run::search(&ctx, &workspace, request).await?))
}
