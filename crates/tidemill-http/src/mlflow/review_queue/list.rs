//! `GET review-queues/list`: the queues of an experiment.

use tidemill_api::mlflow::review_queue::{ListReviewQueues, ReviewQueuesResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListReviewQueues>,
) -> Result<ReviewQueuesResponse> {
    Ok(Answer(review_queue::list(&ctx, &workspace, request).await?))
}
