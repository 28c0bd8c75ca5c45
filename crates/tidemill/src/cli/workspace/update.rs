//! `tidemill workspace update`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::settings::Settings;
use crate::cli::args::{Edit, NoWait, Words};
use crate::cli::update;
use crate::client::path;
use crate::document;
use crate::error::Result;
use crate::session::Session;

/// Change a workspace
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill workspace update --name churn --description \"Who will leave, and why?\"\n  tidemill workspace update -n churn --set tags.team=blue"
)]
pub struct Update {
    /// Name [default: the workspace in use]
    #[arg(long, short)]
    name: Option<String>,
    /// Name that people see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    edit: Edit,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Update {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.edit.overrides()?;
        changes.extend(self.settings.changes());
        let fields = [
            ("display_name", self.display_name),
            ("description", self.words.description),
        ];
        changes.extend(
            fields
                .into_iter()
                .filter_map(|(field, value)| Some(document::option(field, value?))),
        );
        changes.extend(
            self.words
                .tags
                .map()?
                .map(|tags| document::option("tags", Value::Object(tags))),
        );
        let name = self.name.as_deref().unwrap_or(&session.workspace);
        let what = format!("workspace {name}");
        let view = update::update(
            session,
            Family::Workspace,
            &what,
            &path(&["workspaces", name]),
            &changes,
        )
        .await?;
        session.show(super::view(session, view))
    }
}
