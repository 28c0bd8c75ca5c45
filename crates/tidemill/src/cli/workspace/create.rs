//! `tidemill workspace create`.

use clap::Args;
use serde_json::Value;
use tidemill_spec::kinds::Family;

use super::settings::Settings;
use crate::cli::args::{NoWait, Words, Written};
use crate::client::{path, query};
use crate::document;
use crate::error::{Error, Result};
use crate::session::Session;

/// Make a workspace
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidemill workspace create --name churn --description \"Who will leave?\"\n  tidemill workspace create -f workspace.yml -g marketing"
)]
pub struct Create {
    /// Name; 2 to 63 of a-z, 0-9 and -
    #[arg(long, short)]
    name: Option<String>,
    /// Name that people see
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Region; kept, of no effect here
    #[arg(long, short)]
    location: Option<String>,
    #[command(flatten)]
    words: Words,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    no_wait: NoWait,
}

impl Create {
    pub(super) async fn run(self, session: &Session) -> Result<()> {
        let mut changes = self.written.set.overrides()?;
        changes.extend(self.settings.changes());
        let fields = [
            ("name", self.name),
            ("display_name", self.display_name),
            ("location", self.location),
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
        let loaded = document::load(self.written.file.as_deref(), &changes, Family::Workspace)?;
        document::tell(session, &loaded);
        let name = loaded.spec.name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Error::usage("failed to make a workspace: it has no name").with_hint("add --name"));
        }
        let body = document::body(&loaded.spec)?;
        let group = session.group.clone().or_else(|| {
            body.get("resource_group")
                .and_then(Value::as_str)
                .map(str::to_owned)
        });
        let group = group
            .as_deref()
            .map(|group| query(&[("group", group)]))
            .unwrap_or_default();
        let place = format!("{}{group}", path(&["workspaces", &name]));
        let view = session.client.put(&place, &body, None).await?;
        session.show(super::view(session, view))
    }
}
