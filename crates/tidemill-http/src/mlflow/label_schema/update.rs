//! `PATCH label-schemas/update`: changes what is given.

use tidemill_api::mlflow::label_schema::{LabelSchemaResponse, UpdateLabelSchema};
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateLabelSchema>,
) -> Result<LabelSchemaResponse> {
    Ok(Answer(LabelSchemaResponse {
        label_schema: label_schema::update(&ctx, &workspace, request).await?,
    }))
}
