//! `PATCH workspaces/{workspace_name}`: changes a description.

use tidemill_api::mlflow::workspace::{NamedWorkspace, WorkspaceResponse};

use super::{check_name, find, own_artifacts, put, view};
use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;
use crate::mlflow::error::MlflowError;

pub(super) async fn update(Call { ctx, request, .. }: Call<NamedWorkspace>) -> Result<WorkspaceResponse> {
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
