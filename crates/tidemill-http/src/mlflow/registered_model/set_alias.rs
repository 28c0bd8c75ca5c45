//! `POST registered-models/alias`: lets an alias name a version.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::registered_model::SetAlias;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_alias(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetAlias>,
) -> Result<Empty> {
    registered_model::set_alias(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
