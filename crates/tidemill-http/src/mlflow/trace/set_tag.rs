//! `PATCH traces/{trace_id}/tags`: sets a tag of a trace.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::trace::SetTraceTag;
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetTraceTag>,
) -> Result<Empty> {
    let SetTraceTag { trace_id, key, value } = request;
    trace::set_tag(&ctx, &workspace, trace_id, key, value).await?;
    Ok(Answer(Empty {}))
}
