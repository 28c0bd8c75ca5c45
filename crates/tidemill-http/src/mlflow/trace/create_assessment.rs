//! `POST traces/{trace_id}/assessments`: says something of a trace.

use tidemill_api::mlflow::assessment::{AssessmentResponse, CreateAssessment};
use tidemill_app::trace::assessment;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create_assessment(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateAssessment>,
) -> Result<AssessmentResponse> {
    let CreateAssessment { trace_id, assessment } = request;
    let assessment = assessment::create(&ctx, &workspace, &trace_id, assessment).await?;
    Ok(Answer(AssessmentResponse { assessment }))
}
