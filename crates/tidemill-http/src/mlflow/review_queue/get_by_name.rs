//! `GET review-queues/get-by-name`: one queue of an experiment.

use tidemill_api::mlflow::review_queue::{ReviewQueueName, ReviewQueueResponse};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_by_name(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ReviewQueueName>,
) -> Result<ReviewQueueResponse> {
    Ok(Answer(ReviewQueueResponse {
        review_queue: review_queue::get_by_name(&ctx, &workspace, request).await?,
    }))
}
