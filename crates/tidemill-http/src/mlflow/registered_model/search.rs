//! `GET registered-models/search`: registered models that fit a filter.

use tidemill_api::mlflow::registered_model::{SearchRegisteredModels, SearchRegisteredModelsResponse};
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchRegisteredModels>,
) -> Result<SearchRegisteredModelsResponse> {
    Ok(Answer(registered_model::search(&ctx, &workspace, request).await?))
}
