//! `POST datasets/search`: datasets that fit a filter.

use tidemill_api::mlflow::eval_dataset::{SearchEvalDatasets, SearchEvalDatasetsResponse};
use tidemill_app::eval_dataset;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchEvalDatasets>,
) -> Result<SearchEvalDatasetsResponse> {
    Ok(Answer(eval_dataset::search(&ctx, &workspace, request).await?))
}
