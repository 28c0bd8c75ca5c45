//! `POST runs/set-tag`: sets a tag of a run.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::run::RunKeyValue;
use tidemill_app::run;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<RunKeyValue>,
) -> Result<Empty> {
    run::set_tag(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
