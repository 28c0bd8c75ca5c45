//! `POST webhooks/{webhook_id}/test`: sends a message to a webhook, and says what it answered.

use tidemill_api::mlflow::webhook::{TestWebhookResponse, WebhookId};
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn test(
    Call {
        ctx,
        workspace,
        request,
    }: Call<WebhookId>,
) -> Result<TestWebhookResponse> {
    let WebhookId { webhook_id, event } = request;
    let result = webhook::test(&ctx, &workspace, &webhook_id, event).await?;
    Ok(Answer(TestWebhookResponse { result }))
}
