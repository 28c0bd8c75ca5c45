//! `PATCH issues/{issue_id}`: changes what is given.

use tidemill_api::mlflow::issue::{IssueResponse, UpdateIssue};
use tidemill_app::issue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateIssue>,
) -> Result<IssueResponse> {
    Ok(Answer(IssueResponse {
        issue: issue::update(&ctx, &workspace, request).await?,
    }))
}
