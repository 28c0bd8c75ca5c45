//! `POST experiments/search-datasets`: the datasets that runs of experiments read.

use tidemill_api::mlflow::run_input::{SearchDatasets, SearchDatasetsResponse};
use tidemill_app::run_input;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search_datasets(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchDatasets>,
) -> Result<SearchDatasetsResponse> {
    Ok(Answer(
        run_input::search_datasets(&ctx, &workspace, request).await?,
    ))
}
