//! `POST review-queues/get-or-create-user`: the own queue of a person.

use tidemill_api::mlflow::review_queue::{ReviewQueueResponse, UserQueue};
use tidemill_app::review_queue;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get_or_create_user(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UserQueue>,
) -> Result<ReviewQueueResponse> {
    Ok(Answer(ReviewQueueResponse {
        review_queue: review_queue::get_or_create_user(&ctx, &workspace, request).await?,
    }))
}
