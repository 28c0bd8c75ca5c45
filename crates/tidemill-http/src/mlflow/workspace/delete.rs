//! `DELETE workspaces/{workspace_name}`: deletes a workspace that is empty.

use axum::http::StatusCode;
use tidemill_api::mlflow::ErrorCode;
use tidemill_api::mlflow::workspace::NamedWorkspace;
use tidemill_app::Kind;
use tidemill_app::workspace::DEFAULT;

use super::{check_name, find};
use crate::mlflow::call::Call;
use crate::mlflow::error::MlflowError;

pub(super) async fn delete(
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
    match tidemill_app::workspace::delete(&ctx, &name).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) if error.kind == Kind::Conflict => {
            Err(MlflowError::new(ErrorCode::InvalidState, error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}
