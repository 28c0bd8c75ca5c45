//! `POST review-queues/items/add`: puts traces into a queue.

use tidemill_api::mlflow::review_queue::{ReviewQueueItems, ReviewQueueItemsResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn add_items(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ReviewQueueItems>,
) -> Result<ReviewQueueItemsResponse> {
    Ok(Answer(ReviewQueueItemsResponse {
        items: review_queue::add_items(&ctx, &workspace, request).await?,
        next_page_token: None,
    }))
}
