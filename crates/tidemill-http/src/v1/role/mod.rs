//! Roles over REST.

mod delete;
mod explain;
mod get;
mod list;
mod put;
mod who_can;

use tidemill_api::access::{Rights, RightsStep, Role};
use tidemill_app::role::RoleView;
use tidemill_policy::explain::{Explanation, Step};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Server;

pub(super) fn router() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(put::put, get::get, delete::delete))
        .routes(routes!(explain::explain))
        .routes(routes!(who_can::who_can))
}

fn view(role: RoleView) -> Role {
    let RoleView {
        definition,
        allows,
        without_counterpart,
        built_in,
        revision,
    } = role;
    Role {
        name: definition.name,
        description: definition.description,
        actions: definition.actions,
        not_actions: definition.not_actions,
        data_actions: definition.data_actions,
        not_data_actions: definition.not_data_actions,
        assignable_scopes: definition.assignable_scopes,
        allows: allows.iter().map(ToString::to_string).collect(),
        without_counterpart,
        built_in,
        etag: revision.to_string(),
    }
}

fn rights(principal: String, action: &str, scope: &str, explanation: Explanation) -> Rights {
    let step = |step: &Step| RightsStep {
        assignment: step.assignment.id.clone(),
        principal: step.assignment.subject.to_string(),
        role: step.assignment.role.clone(),
        scope: step.assignment.place.to_string(),
        allows: step.allows(),
        why: explanation.why(step),
    };
    let steps = explanation.steps.iter().map(step).collect();
    Rights {
        principal,
        action: action.to_owned(),
        scope: scope.to_owned(),
        allowed: explanation.allowed,
        why: explanation.why,
        steps,
    }
}
