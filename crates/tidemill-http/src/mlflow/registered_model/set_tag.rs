//! `POST registered-models/set-tag`: sets a tag of a registered model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::registered_model::SetRegisteredModelTag;
use tidemill_app::registered_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetRegisteredModelTag>,
) -> Result<Empty> {
    registered_model::set_tag(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
