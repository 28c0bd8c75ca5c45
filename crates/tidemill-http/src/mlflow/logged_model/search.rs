//! `POST logged-models/search`: logged models that fit a filter.

use tidemill_api::mlflow::logged_model::{SearchLoggedModels, SearchLoggedModelsResponse};
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchLoggedModels>,
) -> Result<SearchLoggedModelsResponse> {
    Ok(Answer(logged_model::search(&ctx, &workspace, request).await?))
}
