//! `POST issues/search`: issues that fit.

use tidemill_api::mlflow::issue::{SearchIssues, SearchIssuesResponse};
use tidemill_app::issue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn search(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SearchIssues>,
) -> Result<SearchIssuesResponse> {
    Ok(Answer(issue::search(&ctx, &workspace, request).await?))
}
