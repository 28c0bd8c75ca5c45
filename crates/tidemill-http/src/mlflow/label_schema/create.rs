//! `POST label-schemas/create`: makes a question.

use tidemill_api::mlflow::label_schema::{CreateLabelSchema, LabelSchemaResponse};
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateLabelSchema>,
) -> Result<LabelSchemaResponse> {
    Ok(Answer(LabelSchemaResponse {
        label_schema: label_schema::create(&ctx, &workspace, request).await?,
    }))
}
