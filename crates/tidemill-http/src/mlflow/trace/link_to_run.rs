//! `POST traces/link-to-run`: links traces to a run.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::trace::LinkTracesToRun;
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn link_to_run(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LinkTracesToRun>,
) -> Result<Empty> {
    trace::link_to_run(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
