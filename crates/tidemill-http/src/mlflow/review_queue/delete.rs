//! `POST review-queues/delete`: deletes a queue.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::review_queue::ReviewQueueId;
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ReviewQueueId>,
) -> Result<Empty> {
    review_queue::delete(&ctx, &workspace, &request.queue_id).await?;
    Ok(Answer(Empty {}))
}
