//! `POST workspaces`: makes a workspace.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tidemill_api::mlflow::ErrorCode;
use tidemill_api::mlflow::workspace::{CreateWorkspace, WorkspaceResponse};
use tidemill_app::workspace::DEFAULT;

use super::{check_name, find, own_artifacts, put};
use crate::mlflow::answer::Answer;
use crate::mlflow::call::Call;
use crate::mlflow::error::MlflowError;

pub(super) async fn create(
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
