//! `GET label-schemas/get`: one question.

use tidemill_api::mlflow::label_schema::{LabelSchemaId, LabelSchemaResponse};
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LabelSchemaId>,
) -> Result<LabelSchemaResponse> {
    Ok(Answer(LabelSchemaResponse {
        label_schema: label_schema::get(&ctx, &workspace, &request.schema_id).await?,
    }))
}
