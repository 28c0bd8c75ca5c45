//! `POST webhooks`: makes a webhook.

use tidemill_api::mlflow::webhook::{CreateWebhook, WebhookResponse};
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateWebhook>,
) -> Result<WebhookResponse> {
    let webhook = webhook::create(&ctx, &workspace, request).await?;
    Ok(Answer(WebhookResponse { webhook }))
}
