//! `DELETE webhooks/{webhook_id}`: deletes a webhook.

use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::webhook::WebhookId;
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<WebhookId>,
) -> Result<Empty> {
    webhook::delete(&ctx, &workspace, &request.webhook_id).await?;
    Ok(Answer(Empty {}))
}
