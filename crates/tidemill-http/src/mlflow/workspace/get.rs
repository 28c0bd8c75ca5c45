//! `GET workspaces/{workspace_name}`: one workspace.

use tidemill_api::mlflow::workspace::{NamedWorkspace, WorkspaceResponse};

use super::{check_name, find, view};
use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn get(Call { ctx, request, .. }: Call<NamedWorkspace>) -> Result<WorkspaceResponse> {
    check_name(&request.workspace_name)?;
    let workspace = view(&find(&ctx, &request.workspace_name).await?);
    Ok(Answer(WorkspaceResponse { workspace }))
}
