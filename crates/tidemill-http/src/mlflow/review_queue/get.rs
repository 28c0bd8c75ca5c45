//! `GET review-queues/get`: one queue.

use tidemill_api::mlflow::review_queue::{ReviewQueueId, ReviewQueueResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ReviewQueueId>,
) -> Result<ReviewQueueResponse> {
    Ok(Answer(ReviewQueueResponse {
        review_queue: review_queue::get(&ctx, &workspace, &request.queue_id).await?,
    }))
}
