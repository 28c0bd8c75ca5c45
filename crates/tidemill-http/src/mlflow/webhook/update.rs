//! `PATCH webhooks/{webhook_id}`: changes a webhook.

use tidemill_api::mlflow::webhook::{UpdateWebhook, WebhookResponse};
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateWebhook>,
) -> Result<WebhookResponse> {
    let webhook = webhook::update(&ctx, &workspace, request).await?;
    Ok(Answer(WebhookResponse { webhook }))
}
