//! `GET /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/requests`: the last requests.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::endpoint::{RequestLogQuery, ScoredRequest};
use tidemill_api::page::List;
use tidemill_api::problem::Problem;
use tidemill_app::online_deployment;

use crate::extract::Ctx;
use crate::problem::ApiError;

/// The most that are given at once.
const MOST: usize = 10_000;

/// The last requests of an online deployment, oldest first; they are kept for two days.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/requests", operation_id = "online_deployment_requests", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path), RequestLogQuery),
    responses((status = OK, body = List<ScoredRequest>), (status = "default", body = Problem)))]
pub(super) async fn requests(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name)): Path<(String, String, String)>,
    Query(query): Query<RequestLogQuery>,
) -> Result<Json<List<ScoredRequest>>, ApiError> {
    let most = query.limit.unwrap_or(100).clamp(1, MOST);
    let found = online_deployment::requests(&ctx, &ws, &endpoint, &name, most, query.id).await?;
    let ms = |micros: u64| micros as f64 / 1000.0;
    let items = found.into_iter().map(|entry| ScoredRequest {
        at: entry.at,
        request_id: entry.request_id,
        instance: entry.instance,
        method: entry.method,
        path: entry.path,
        status: entry.status,
        model_status: entry.model_status,
        took_ms: ms(entry.took_us),
        waited_ms: ms(entry.waited_us),
        caller: entry.caller,
        mirrored: entry.mirrored,
    });
    Ok(Json(List {
        items: items.collect(),
        next: None,
    }))
}
