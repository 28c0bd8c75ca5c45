//! `POST issues`: makes an issue.

use tidemill_api::mlflow::issue::{CreateIssue, IssueResponse};
use tidemill_app::issue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateIssue>,
) -> Result<IssueResponse> {
    Ok(Answer(IssueResponse {
        issue: issue::create(&ctx, &workspace, request).await?,
    }))
}
