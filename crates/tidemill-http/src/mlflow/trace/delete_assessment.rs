//! `DELETE traces/{trace_id}/assessments/{assessment_id}`: deletes an assessment.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::assessment::AssessmentId;
use tidemill_app::trace::assessment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_assessment(
    Call {
        ctx,
        workspace,
        request,
    }: Call<AssessmentId>,
) -> Result<Empty> {
    let AssessmentId {
        trace_id,
        assessment_id,
    } = request;
    assessment::delete(&ctx, &workspace, &trace_id, &assessment_id).await?;
    Ok(Answer(Empty {}))
}
