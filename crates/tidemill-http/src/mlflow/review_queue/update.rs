//! `POST review-queues/update`: changes what is given.

use tidemill_api::mlflow::review_queue::{ReviewQueueResponse, UpdateReviewQueue};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateReviewQueue>,
) -> Result<ReviewQueueResponse> {
    Ok(Answer(ReviewQueueResponse {
        review_queue: review_queue::update(&ctx, &workspace, request).await?,
    }))
}
