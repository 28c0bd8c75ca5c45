//! `GET label-schemas/list`: the questions of an experiment.

use tidemill_api::mlflow::label_schema::{LabelSchemasResponse, ListLabelSchemas};
use tidemill_app::label_schema;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListLabelSchemas>,
) -> Result<LabelSchemasResponse> {
    Ok(Answer(label_schema::list(&ctx, &workspace, request).await?))
}
