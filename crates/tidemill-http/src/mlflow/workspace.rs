//! Workspaces on MLflow's surface: Tidemill's are MLflow's.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tidemill_api::mlflow::ErrorCode;
use tidemill_api::mlflow::workspace::{
    CreateWorkspace, ListWorkspaces, ListWorkspacesResponse, NamedWorkspace, Workspace, WorkspaceResponse,
};
use tidemill_app::page::PageRequest;
use tidemill_app::workspace::{self, DEFAULT};
use tidemill_app::{Kind, OpContext};

use super::answer::{Answer, Result};
use super::call::Call;
use super::error::MlflowError;
use crate::Server;

pub(super) fn router() -> Router<Server> {
    Router::new().route("/workspaces", get(list).post(create)).route(
        "/workspaces/{workspace_name}",
        get(show).patch(update).delete(delete),
    )
}

async fn list(Call { ctx, .. }: Call<ListWorkspaces>) -> Result<ListWorkspacesResponse> {
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut workspaces = Vec::new();
    loop {
        let found = workspace::list(&ctx, &page).await?;
        workspaces.extend(found.items.iter().map(view));
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(Answer(ListWorkspacesResponse { workspaces })),
        }
    }
}

async fn create(
    Call { ctx, request, .. }: Call<CreateWorkspace>,
) -> std::result::Result<Response, MlflowError> {
    let CreateWorkspace {
        name,
        description,
        default_artifact_root,
    } = request;
    if name == DEFAULT {
        return Err(MlflowError::invalid(format!(
            "The '{DEFAULT}' workspace is reserved and cannot be created"
        )));
    }
    check_name(&name)?;
    own_artifacts(default_artifact_root.as_deref())?;
    if find(&ctx, &name).await.is_ok() {
        return Err(MlflowError::new(
            ErrorCode::ResourceAlreadyExists,
            format!("Workspace '{name}' already exists."),
        ));
    }
    let workspace = put(&ctx, &name, description).await?;
    Ok((StatusCode::CREATED, Answer(WorkspaceResponse { workspace })).into_response())
}

async fn show(Call { ctx, request, .. }: Call<NamedWorkspace>) -> Result<WorkspaceResponse> {
    check_name(&request.workspace_name)?;
    let workspace = view(&find(&ctx, &request.workspace_name).await?);
    Ok(Answer(WorkspaceResponse { workspace }))
}

async fn update(Call { ctx, request, .. }: Call<NamedWorkspace>) -> Result<WorkspaceResponse> {
    let NamedWorkspace {
        workspace_name: name,
        description,
        default_artifact_root,
    } = request;
    check_name(&name)?;
    if description.is_none() && default_artifact_root.is_none() {
        return Err(MlflowError::invalid(
            "Workspace update must have at least one key",
        ));
    }
    own_artifacts(default_artifact_root.as_deref())?;
    let row = find(&ctx, &name).await?;
    let workspace = match description {
        Some(description) => put(&ctx, &name, Some(description)).await?,
        None => view(&row),
    };
    Ok(Answer(WorkspaceResponse { workspace }))
}

async fn delete(
    Call { ctx, request, .. }: Call<NamedWorkspace>,
) -> std::result::Result<StatusCode, MlflowError> {
    let name = request.workspace_name;
    if name == DEFAULT {
        return Err(MlflowError::invalid(format!(
            "The '{DEFAULT}' workspace is reserved and cannot be deleted"
        )));
    }
    check_name(&name)?;
    find(&ctx, &name).await?;
    match workspace::delete(&ctx, &name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) if error.kind == Kind::Conflict => {
            Err(MlflowError::new(ErrorCode::InvalidState, error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
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
    Ok(view(&workspace::put(ctx, name, DEFAULT, spec, None).await?))
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
