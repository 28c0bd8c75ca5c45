//! `DELETE label-schemas/delete`: deletes a question.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::label_schema::LabelSchemaId;
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LabelSchemaId>,
) -> Result<Empty> {
    label_schema::delete(&ctx, &workspace, &request.schema_id).await?;
    Ok(Answer(Empty {}))
}
