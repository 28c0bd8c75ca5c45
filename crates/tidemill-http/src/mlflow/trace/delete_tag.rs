//! `DELETE traces/{trace_id}/tags`: removes a tag of a trace.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::trace::DeleteTraceTag;
use tidemill_app::trace;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete_tag(
    Call {
        ctx,
        workspace,
        request,
    }: Call<DeleteTraceTag>,
) -> Result<Empty> {
    let DeleteTraceTag { trace_id, key } = request;
    trace::delete_tag(&ctx, &workspace, trace_id, key).await?;
    Ok(Answer(Empty {}))
}
