//! `PATCH logged-models/{model_id}/tags`: sets tags of a logged model.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::logged_model::SetLoggedModelTags;
use tidemill_app::logged_model;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tags(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetLoggedModelTags>,
) -> Result<Empty> {
    logged_model::set_tags(&ctx, &workspace, &request.model_id, request.tags).await?;
    Ok(Answer(Empty {}))
}
