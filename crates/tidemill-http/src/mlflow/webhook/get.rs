//! `GET webhooks/{webhook_id}`: one webhook.

use tidemill_api::mlflow::webhook::{WebhookId, WebhookResponse};
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(
    Call {
        ctx,
        workspace,
        request,
    }: Call<WebhookId>,
) -> Result<WebhookResponse> {
    let webhook = webhook::get(&ctx, &workspace, &request.webhook_id).await?;
    Ok(Answer(WebhookResponse { webhook }))
}
