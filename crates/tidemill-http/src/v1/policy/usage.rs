//! `GET /workspaces/{ws}/policy/usage`: what is in use of a workspace, of how much.

use axum::Json;
use axum::extract::Path;
use tidemill_api::policy::{PolicyUsage, Used};
use tidemill_api::problem::Problem;
use tidemill_app::policy::{self, Usage};

use crate::extract::Ctx;
use crate::problem::ApiError;

/// What is in use of a workspace, of how much; the workspace first, then each user.
#[utoipa::path(get, path = "/workspaces/{ws}/policy/usage", operation_id = "policy_usage", tag = "policy",
    params(("ws" = String, Path)),
    responses((status = OK, body = PolicyUsage), (status = "default", body = Problem)))]
pub(super) async fn usage(Ctx(ctx): Ctx, Path(ws): Path<String>) -> Result<Json<PolicyUsage>, ApiError> {
    let Usage {
        workspace,
        users,
        quota,
        budget,
    } = policy::usage(&ctx, &ws).await?;
    let whole = Used {
        user: None,
        jobs: workspace.jobs,
        most_jobs: quota.jobs,
        nodes: workspace.nodes,
        most_nodes: quota.nodes,
        spent: workspace.spent,
        budget: budget.month,
    };
    let users = users.into_iter().map(|(user, used)| Used {
        user: Some(user),
        jobs: used.jobs,
        most_jobs: quota.user_jobs,
        nodes: used.nodes,
        most_nodes: quota.user_nodes,
        spent: used.spent,
        budget: budget.user_month,
    });
    Ok(Json(PolicyUsage {
        items: std::iter::once(whole).chain(users).collect(),
    }))
}
