//! `GET webhooks`: webhooks of a workspace.

use tidemill_api::mlflow::webhook::{ListWebhooks, ListWebhooksResponse};
use tidemill_app::webhook;

use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListWebhooks>,
) -> Result<ListWebhooksResponse> {
    Ok(Answer(webhook::list(&ctx, &workspace, request).await?))
}
