//! `GET traces/{trace_id}/assessments/{assessment_id}`: one assessment.

use tidemill_api::mlflow::assessment::{AssessmentId, AssessmentResponse};
use tidemill_app::trace::assessment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_assessment(
    Call {
        ctx,
        workspace,
        request,
    }: Call<AssessmentId>,
) -> Result<AssessmentResponse> {
    let AssessmentId {
        trace_id,
        assessment_id,
    } = request;
    let assessment = assessment::get(&ctx, &workspace, &trace_id, &assessment_id).await?;
    Ok(Answer(AssessmentResponse { assessment }))
}
