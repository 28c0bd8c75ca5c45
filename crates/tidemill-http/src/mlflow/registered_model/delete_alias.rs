//! `DELETE registered-models/alias`: removes an alias.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::registered_model::ModelAlias;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_alias(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ModelAlias>,
) -> Result<Empty> {
    registered_model::delete_alias(&ctx, &workspace, &request.name, &request.alias).await?;
    Ok(Answer(Empty {}))
}
