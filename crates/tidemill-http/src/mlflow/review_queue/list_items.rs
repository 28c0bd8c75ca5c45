//! `GET review-queues/items/list`: what a queue holds.

use tidemill_api::mlflow::review_queue::{ListReviewQueueItems, ReviewQueueItemsResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list_items(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListReviewQueueItems>,
) -> Result<ReviewQueueItemsResponse> {
    Ok(Answer(review_queue::list_items(&ctx, &workspace, request).await?))
}
