//! `tidemill workspace`.

mod archive;
mod create;
mod delete;
mod list;
mod move_to;
mod recover;
mod restore;
mod settings;
mod show;
mod update;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::Result;
use crate::output::{Column, text};
use crate::session::{DEFAULT_WORKSPACE, Session};

const COLUMNS: &[Column] = &[
    Column::text("name", "name"),
    Column::text("group", "group"),
    Column::text("description", "description"),
    Column::time("created", "created_at"),
];

const DELETED: &[Column] = &[
    Column::text("name", "name"),
    Column::text("group", "group"),
    Column::time("deleted", "deleted_at"),
    Column::text("by", "deleted_by"),
    Column::time("kept until", "kept_until"),
];

/// Workspaces: what a team shares
#[derive(Debug, Args)]
pub struct Workspace {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Create(Box<create::Create>),
    List(list::List),
    Show(show::Show),
    Update(Box<update::Update>),
    Delete(delete::Delete),
    Archive(archive::Archive),
    Restore(restore::Restore),
    Recover(recover::Recover),
    Move(move_to::Move),
}

/// The view with the address for MLflow's clients and, for scripts of `az ml`, with Azure's word for the group.
fn view(session: &Session, view: Value) -> Value {
    let address = session.client.address().to_string();
    completed(address.trim_end_matches('/'), session.azure, view)
}

fn completed(address: &str, azure: bool, mut view: Value) -> Value {
    let tracking = match text(&view, "name") {
        Some(DEFAULT_WORKSPACE) | None => address.to_owned(),
        Some(name) => format!("{address}/workspaces/{name}"),
    };
    let group = view.get("group").cloned();
    if let Some(fields) = view.as_object_mut() {
        fields.insert("mlflow_tracking_uri".to_owned(), tracking.into());
        if let (true, Some(group)) = (azure, group) {
            fields.insert("resource_group".to_owned(), group);
            // Scripts make other things in the region of a workspace.
            let spec = fields.get_mut("spec").and_then(Value::as_object_mut);
            if let Some(spec) = spec {
                spec.entry("location").or_insert_with(|| "local".into());
            }
        }
    }
    view
}

impl Workspace {
    /// Runs the verb.
    ///
    /// # Errors
    /// What the verb says.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self.verb {
            Verb::Create(verb) => verb.run(session).await,
            Verb::List(verb) => verb.run(session).await,
            Verb::Show(verb) => verb.run(session).await,
            Verb::Update(verb) => verb.run(session).await,
            Verb::Delete(verb) => verb.run(session).await,
            Verb::Archive(verb) => verb.run(session).await,
            Verb::Restore(verb) => verb.run(session).await,
            Verb::Recover(verb) => verb.run(session).await,
            Verb::Move(verb) => verb.run(session).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_workspace_says_where_mlflow_finds_it() {
        let shown = |name: &str, azure| completed("http://h:1", azure, json!({"name": name, "group": "g"}));
        assert_eq!(shown("default", false)["mlflow_tracking_uri"], "http://h:1");
        assert_eq!(
            shown("churn", false)["mlflow_tracking_uri"],
            "http://h:1/workspaces/churn"
        );
        assert_eq!(shown("churn", true)["resource_group"], "g");
        let with_spec = |spec| {
            completed(
                "http://h:1",
                true,
                json!({"name": "w", "group": "g", "spec": spec}),
            )
        };
        assert_eq!(with_spec(json!({}))["spec"]["location"], "local");
        assert_eq!(with_spec(json!({"location": "eu"}))["spec"]["location"], "eu");
        assert!(shown("churn", false).get("resource_group").is_none());
    }
}
