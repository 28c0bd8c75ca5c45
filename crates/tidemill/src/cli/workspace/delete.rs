//! `tidemill workspace delete`.

use clap::Args;
use serde_json::Value;

use crate::cli::args::NoWait;
use crate::cli::confirm;
use crate::client::{path, query};
use crate::error::Result;
use crate::session::Session;

/// Delete a workspace with all that it holds; what would be lost is listed first
///
/// It can be recovered for a time, seven days where the server says nothing else: `tidemill workspace recover`. An empty one is gone at once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidemill workspace delete --name churn --yes
  tidemill workspace delete --name churn --permanently-delete --yes")]
pub struct Delete {
    /// Name
    #[arg(long, short)]
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Taken for scripts of `az ml`: there is nothing else to delete here.
    #[arg(long, hide = true)]
    all_resources: bool,
    /// For good, at once, files too; also one that was deleted already
    #[arg(long, short)]
    permanently_delete: bool,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Delete {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let Self {
            name,
            yes,
            all_resources: _,
            permanently_delete,
            no_wait: _,
        } = self;
        let found = session
            .client
            .get(&path(&["workspaces", &name, "contents"]))
            .await;
        let contents = match found {
            Ok(contents) => contents,
            // One that was deleted already has nothing to show.
            Err(_) if permanently_delete => Value::Null,
            Err(error) => return Err(error),
        };
        tell(session, &name, &contents);
        let is_empty = contents["held"].as_array().is_some_and(Vec::is_empty);
        confirm::delete(&format!("workspace {name}"), yes)?;
        let mut how = Vec::new();
        if !is_empty || permanently_delete {
            how.push(("contents", "true"));
        }
        if permanently_delete {
            how.push(("permanently", "true"));
        }
        session
            .client
            .delete(&format!("{}{}", path(&["workspaces", &name]), query(&how)))
            .await?;
        session.note(&match (is_empty, permanently_delete) {
            (false, false) => format!("Deleted workspace {name}. `tidemill workspace recover --name {name}` brings it back; `list --deleted` says until when."),
            _ => format!("Deleted workspace {name} for good."),
        });
        Ok(())
    }
}

/// What would be lost, and what depends on it.
fn tell(session: &Session, name: &str, contents: &Value) {
    let held = contents["held"].as_array().into_iter().flatten();
    let held: Vec<String> = held
        .map(|one| format!("{} {}", one["count"], one["noun"].as_str().unwrap_or_default()))
        .collect();
    if !held.is_empty() {
        session.note(&format!("Workspace {name} holds {}.", held.join(", ")));
    }
    for (field, word) in [("depends", "Depends on it"), ("in_the_way", "In the way")] {
        for text in contents[field].as_array().into_iter().flatten() {
            session.note(&format!("{word}: {}", text.as_str().unwrap_or_default()));
        }
    }
}
