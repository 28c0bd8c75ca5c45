//! `POST review-queues/items/set-status`: says how far a review is.

use tidemill_api::mlflow::review_queue::{ReviewQueueItemResponse, SetReviewStatus};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn set_item_status(
    Call {
        ctx,
        workspace,
        request,
    }: Call<SetReviewStatus>,
) -> Result<ReviewQueueItemResponse> {
    Ok(Answer(ReviewQueueItemResponse {
        item: review_queue::set_item_status(&ctx, &workspace, request).await?,
    }))
}
