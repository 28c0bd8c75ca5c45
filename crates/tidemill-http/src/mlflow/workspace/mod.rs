//! Workspaces on MLflow's surface: Tidemill's are MLflow's.

mod create;
mod delete;
mod get;
mod list;
mod update;

use axum::Router;
use axum::routing::get;
use serde_json::json;
use tidemill_api::mlflow::ErrorCode;
use tidemill_api::mlflow::workspace::Workspace;
use tidemill_app::workspace::{self, DEFAULT};
use tidemill_app::{Kind, OpContext};

use crate::Server;
use crate::mlflow::error::MlflowError;

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route("/workspaces", get(list::list).post(create::create))
        .route(
            "/workspaces/{workspace_name}",
            get(get::get).patch(update::update).delete(delete::delete),
        )
}

async fn find(ctx: &OpContext, name: &str) -> std::result::Result<workspace::Workspace, MlflowError> {
    match workspace::get(ctx, name).await {
        Err(error) if error.kind == Kind::NotFound => Err(MlflowError::new(
            ErrorCode::ResourceDoesNotExist,
            format!("Workspace '{name}' not found"),
        )),
        other => Ok(other?),
    }
}

async fn put(
    ctx: &OpContext,
    name: &str,
    description: Option<String>,
) -> std::result::Result<Workspace, MlflowError> {
    let mut spec = match workspace::get(ctx, name).await {
        Ok(row) => workspace::spec_of(&row),
        Err(_) => json!({}),
    };
    spec["name"] = json!(name);
    if let Some(description) = description {
        spec["description"] = json!(description);
    }
    let spec = serde_json::from_value(spec).map_err(|error| MlflowError::invalid(error.to_string()))?;
    Ok(view(&workspace::put(ctx, name, None, spec, None).await?))
}

fn view(row: &workspace::Workspace) -> Workspace {
    let spec = workspace::spec_of(row);
    Workspace {
        name: row.name.clone(),
        description: spec["description"].as_str().map(str::to_owned),
    }
}

/// Artifacts are where the server keeps them.
fn own_artifacts(root: Option<&str>) -> std::result::Result<(), MlflowError> {
    match root {
        None | Some("") => Ok(()),
        Some(root) => Err(MlflowError::new(
            ErrorCode::NotImplemented,
            format!("failed to keep artifacts at '{root}': this server keeps them in its own store"),
        )),
    }
}

fn check_name(name: &str) -> std::result::Result<(), MlflowError> {
    if name == DEFAULT {
        return Ok(());
    }
    if !(2..=63).contains(&name.chars().count()) {
        return Err(MlflowError::invalid(format!(
            "Workspace name '{name}' must be between 2 and 63 characters."
        )));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(fits) || name.starts_with('-') || name.ends_with('-') {
        return Err(MlflowError::invalid(format!(
            "Workspace name '{name}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ (lowercase alphanumeric \
             with optional internal hyphens)."
        )));
    }
    if ["workspaces", "api", "ajax-api", "static-files"].contains(&name) {
        return Err(MlflowError::invalid(format!(
            "Workspace name '{name}' is reserved and cannot be used."
        )));
    }
    Ok(())
}
