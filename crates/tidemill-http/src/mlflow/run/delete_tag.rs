//! `POST runs/delete-tag`: removes a tag of a run.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::DeleteTag;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteTag>,
) -> Result<Empty> {
    run::delete_tag(&ctx, &workspace, request.run_id, request.key).await?;
    Ok(Answer(Empty {}))
}
