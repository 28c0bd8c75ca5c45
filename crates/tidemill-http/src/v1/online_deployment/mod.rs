//! Online deployments over REST.

mod act;
mod delete;
mod get;
mod list;
mod logs;
mod put;
mod requests;

use serde_json::Value;
use tidemill_api::endpoint::{DeploymentInstance, OnlineDeployment};
use tidemill_app::online_deployment::{DeploymentPlan, Instance, Shown};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete, act::act))
        .routes(routes!(logs::logs))
        .routes(routes!(requests::requests))
}

fn view(shown: Shown) -> OnlineDeployment {
    let Shown {
        row,
        instances,
        message,
    } = shown;
    let plan: Option<DeploymentPlan> = serde_json::from_str(&row.plan).ok();
    let ready = instances
        .iter()
        .filter(|instance| instance.state == "Ready")
        .count();
    OnlineDeployment {
        name: row.name,
        endpoint_name: row.endpoint,
        provisioning_state: row.state,
        reason: row.reason,
        message,
        instance_count: u32::try_from(row.wanted).unwrap_or_default(),
        ready_instances: u32::try_from(ready).unwrap_or(u32::MAX),
        model: plan
            .as_ref()
            .and_then(|plan| plan.instance.model.as_ref())
            .map(|model| model.shown().to_owned()),
        environment: plan.and_then(|plan| plan.instance.environment.name),
        generation: row.generation,
        instances: instances.into_iter().map(instance_view).collect(),
        spec: serde_json::from_str(&row.spec).unwrap_or_default(),
        warnings: serde_json::from_str(&row.warnings).unwrap_or_default(),
        etag: row.revision.to_string(),
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn instance_view(row: Instance) -> DeploymentInstance {
    let environment: Option<Value> = row.environment.and_then(|text| serde_json::from_str(&text).ok());
    DeploymentInstance {
        number: row.number,
        generation: row.generation,
        state: row.state,
        reason: row.reason,
        exit_code: row.exit_code,
        environment,
        created_at: row.created_at,
        started_at: row.started_at,
        ready_at: row.ready_at,
        ended_at: row.ended_at,
    }
}
