//! `GET /workspaces/{ws}/online-endpoints/{name}/figures`: what its deployments have answered.

use axum::Json;
use axum::extract::{Path, State};
use tidemill_api::endpoint::{DeploymentFigures, EndpointFigures};
use tidemill_api::problem::Problem;
use tidemill_app::gateway::BUCKETS_S;
use tidemill_app::online_deployment;

use crate::Server;
use crate::extract::Ctx;
use crate::problem::ApiError;

/// What the deployments of an endpoint have answered since the server was started: counts, from whose difference a client
/// learns rates.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{name}/figures", operation_id = "online_endpoint_figures", tag = "online-endpoint",
    params(("ws" = String, Path), ("name" = String, Path)),
    responses((status = OK, body = EndpointFigures), (status = "default", body = Problem)))]
pub(super) async fn figures(
    State(server): State<Server>,
    Ctx(ctx): Ctx,
    Path((ws, name)): Path<(String, String)>,
) -> Result<Json<EndpointFigures>, ApiError> {
    let mut deployments = Vec::new();
    for shown in online_deployment::list(&ctx, &ws, &name).await? {
        let Some(backend) = server.app.gateway.backend(&ws, &name, &shown.row.name) else {
            continue;
        };
        let now = backend.figures.snapshot();
        let (ready, in_flight, waiting) = backend.load();
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        deployments.push(DeploymentFigures {
            deployment: shown.row.name,
            requests: now.all(),
            errors: now.model + now.busy + now.failed,
            refused: now.busy,
            mirrored: now.mirrored,
            took_s: now.took_us as f64 / 1e6,
            buckets_s: BUCKETS_S.to_vec(),
            buckets: now.buckets,
            ready_instances: small(ready),
            in_flight: small(in_flight),
            waiting: small(waiting),
        });
    }
    Ok(Json(EndpointFigures {
        at: ctx.now_ms(),
        deployments,
    }))
}
