//! `GET issues/{issue_id}`: one issue.

use tidemill_api::mlflow::issue::{GetIssue, IssueResponse};
use tidemill_app::issue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<GetIssue>,
) -> Result<IssueResponse> {
    Ok(Answer(IssueResponse {
        issue: issue::get(&ctx, &workspace, &request.issue_id).await?,
    }))
}
