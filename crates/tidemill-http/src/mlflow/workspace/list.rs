//! `GET workspaces`: all of them.

use tidemill_api::mlflow::workspace::{ListWorkspaces, ListWorkspacesResponse};
use tidemill_app::page::PageRequest;

use super::view;
use crate::mlflow::answer::{Answer, Result};
use crate::mlflow::call::Call;

pub(super) async fn list(Call { ctx, .. }: Call<ListWorkspaces>) -> Result<ListWorkspacesResponse> {
    let mut page = PageRequest {
        limit: 1000,
        after: None,
    };
    let mut workspaces = Vec::new();
    loop {
        let found = tidemill_app::workspace::list(&ctx, &page).await?;
        workspaces.extend(found.items.iter().map(view));
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(Answer(ListWorkspacesResponse { workspaces })),
        }
    }
}
