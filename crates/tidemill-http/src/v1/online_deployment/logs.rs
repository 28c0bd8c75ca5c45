//! `GET /workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/logs`: what an instance said.

use axum::Json;
use axum::extract::{Path, Query};
use tidemill_api::endpoint::{DeploymentLog, DeploymentLogQuery};
use tidemill_api::problem::Problem;
use tidemill_app::Error;
use tidemill_app::online_deployment::{self, LogQuery};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What an instance of an online deployment said: its last lines, or a piece from an offset on.
#[utoipa::path(get, path = "/workspaces/{ws}/online-endpoints/{endpoint}/deployments/{name}/logs", operation_id = "online_deployment_logs", tag = "online-deployment",
    params(("ws" = String, Path), ("endpoint" = String, Path), ("name" = String, Path), DeploymentLogQuery),
    responses((status = OK, body = DeploymentLog), (status = "default", body = Problem)))]
pub(super) async fn logs(
    Ctx(ctx): Ctx,
    Path((ws, endpoint, name)): Path<(String, String, String)>,
    Query(query): Query<DeploymentLogQuery>,
) -> Result<Json<DeploymentLog>, ApiError> {
    let DeploymentLogQuery {
        lines,
        instance,
        container,
        offset,
    } = query;
    let environment = match container.as_deref() {
        None | Some("inference-server") => false,
        Some("storage-initializer") => true,
        Some(other) => {
            return Err(Error::invalid(format!(
                "failed to read the logs of container `{other}`: there is none"
            ))
            .hint("there are inference-server and storage-initializer")
            .into());
        }
    };
    let query = LogQuery {
        lines,
        instance,
        environment,
        offset,
    };
    let piece = online_deployment::logs(&ctx, &ws, &endpoint, &name, query).await?;
    Ok(Json(match piece {
        Some(piece) => DeploymentLog {
            instance: Some(piece.instance),
            content: piece.text,
            next_offset: piece.next_offset,
        },
        None => DeploymentLog {
            instance: None,
            content: String::new(),
            next_offset: 0,
        },
    }))
}
