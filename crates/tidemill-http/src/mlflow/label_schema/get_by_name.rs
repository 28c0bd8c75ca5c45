//! `GET label-schemas/get-by-name`: one question of an experiment.

use tidemill_api::mlflow::label_schema::{LabelSchemaName, LabelSchemaResponse};
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_by_name(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LabelSchemaName>,
) -> Result<LabelSchemaResponse> {
    Ok(Answer(LabelSchemaResponse {
        label_schema: label_schema::get_by_name(&ctx, &workspace, request).await?,
    }))
}
