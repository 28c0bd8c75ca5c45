//! `POST traces/link-prompts`: links a trace to versions of prompts.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::trace::LinkPromptsToTrace;
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn link_prompts(
    Call {
        ctx,
        workspace,
        request,
    }: Call<LinkPromptsToTrace>,
) -> Result<Empty> {
    trace::link_prompts(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
