//! `POST review-queues/create`: makes a queue.

use tidemill_api::mlflow::review_queue::{CreateReviewQueue, ReviewQueueResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateReviewQueue>,
) -> Result<ReviewQueueResponse> {
    Ok(Answer(ReviewQueueResponse {
        review_queue: review_queue::create(&ctx, &workspace, request).await?,
    }))
}
