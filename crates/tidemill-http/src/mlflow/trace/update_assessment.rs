//! `PATCH traces/{trace_id}/assessments/{assessment_id}`: changes an assessment.

use tidemill_api::mlflow::assessment::{AssessmentResponse, UpdateAssessment};
use tidemill_app::trace::assessment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update_assessment(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateAssessment>,
) -> Result<AssessmentResponse> {
    let assessment = assessment::update(&ctx, &workspace, request).await?;
    Ok(Answer(AssessmentResponse { assessment }))
}
