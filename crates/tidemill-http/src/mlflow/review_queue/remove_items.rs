//! `POST review-queues/items/remove`: takes traces out of a queue.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::review_queue::ReviewQueueItems;
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn remove_items(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ReviewQueueItems>,
) -> Result<Empty> {
    review_queue::remove_items(&ctx, &workspace, request).await?;
    Ok(Answer(Empty {}))
}
