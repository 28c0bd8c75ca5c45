//! Webhooks on MLflow's surface.

use axum::Router;
use axum::routing::{get, post};
use tidemill_api::mlflow::Empty;
use tidemill_api::mlflow::webhook::{
    CreateWebhook, ListWebhooks, ListWebhooksResponse, TestWebhookResponse, UpdateWebhook, WebhookId,
    WebhookResponse,
};
use tidemill_app::webhook;

use super::answer::{Answer, Result};
use super::call::Call;
use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/webhooks", post(create).get(list))
        .route("/webhooks/{webhook_id}", get(show).patch(update).delete(delete))
        .route("/webhooks/{webhook_id}/test", post(test))
}

async fn create(
    Call {
        ctx,
        workspace,
        request,
    }: Call<CreateWebhook>,
) -> Result<WebhookResponse> {
    let webhook = webhook::create(&ctx, &workspace, request).await?;
    Ok(Answer(WebhookResponse { webhook }))
}

async fn list(
    Call {
        ctx,
        workspace,
        request,
    }: Call<ListWebhooks>,
) -> Result<ListWebhooksResponse> {
    Ok(Answer(webhook::list(&ctx, &workspace, request).await?))
}

async fn show(
    Call {
        ctx,
        workspace,
        request,
    }: Call<WebhookId>,
) -> Result<WebhookResponse> {
    let webhook = webhook::get(&ctx, &workspace, &request.webhook_id).await?;
    Ok(Answer(WebhookResponse { webhook }))
}

async fn update(
    Call {
        ctx,
        workspace,
        request,
    }: Call<UpdateWebhook>,
) -> Result<WebhookResponse> {
    let webhook = webhook::update(&ctx, &workspace, request).await?;
    Ok(Answer(WebhookResponse { webhook }))
}

async fn delete(
    Call {
        ctx,
        workspace,
        request,
    }: Call<WebhookId>,
) -> Result<Empty> {
    webhook::delete(&ctx, &workspace, &request.webhook_id).await?;
    Ok(Answer(Empty {}))
}

async fn test(
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
