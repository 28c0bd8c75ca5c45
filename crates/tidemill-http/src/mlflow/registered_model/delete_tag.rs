//! `DELETE registered-models/delete-tag`: removes a tag of a registered model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::registered_model::DeleteRegisteredModelTag;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteRegisteredModelTag>,
) -> Result<Empty> {
    registered_model::delete_tag(&ctx, &workspace, &request.name, &request.key).await?;
    Ok(Answer(Empty {}))
}
